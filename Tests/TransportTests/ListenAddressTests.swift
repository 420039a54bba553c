import Testing
import Transport

@Suite struct ListenAddressTests {
    @Test(
        "An address is read and printed the same",
        arguments: ["127.0.0.1:7400", "[::1]:0", "localhost:65535", "lab.example:443", "0.0.0.0:1"])
    func read(text: String) throws {
        #expect(try #require(ListenAddress(text)).description == text)
    }

    @Test(
        "What is no address and port is refused",
        arguments: [
            "", ":", ":7400", "7400", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
            "127.0.0.1:+7", "127.0.0.1:٧", "a b:1", "[::1:7400", "http://localhost:7400",
        ])
    func refused(text: String) {
        #expect(ListenAddress(text) == nil)
    }

    @Test(
        "Only this machine's own addresses are this machine",
        arguments: [
            ("127.0.0.1", true), ("127.255.3.4", true), ("::1", true), ("localhost", true),
            ("0.0.0.0", false), ("::", false), ("192.168.0.1", false), ("lab.example", false),
            ("127.lab.example", false), ("127.0.0.1.lab.example", false), ("127.0.0.256", false),
            ("127.0.0", false), ("localhost.lab.example", false),
        ])
    func loopback(host: String, isLoopback: Bool) {
        #expect(ListenAddress(host: host, port: 7400).isLoopback == isLoopback)
    }
}
