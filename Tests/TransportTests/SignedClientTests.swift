import AsyncHTTPClient
import Encodings
import Hummingbird
import Identity
import ServedLab
import Synchronization
import Testing
import Transport

@Suite struct SignedClientTests {
    private let server = EchoServer()

    private func signer(_ key: SigningKey) -> RequestSigner {
        RequestSigner(key: key, lab: SignedRequest.lab) { SignedRequest.now }
    }

    @Test("What a client signs, a server takes, with queries that need escaping")
    func taken() async throws {
        let (server, signer) = (server, signer(server.key))
        try await server.with { url, http in
            let client = try SignedClient(baseURL: url + "/", signer: signer, http: http)
            #expect(try await client.get("/member") == ["member": "north"])
            #expect(
                try await client.get("/member", ["key": "licence/ö &=?#+%", "none": nil])
                    == ["member": "north"])
            #expect(try await client.post("/echo", ["rounds": 3]) == ["rounds": 3])
        }
    }

    @Test("A refusal is thrown as the problem that the server stated")
    func refused() async throws {
        let (server, signer) = (server, signer(server.otherKey))
        try await server.with { url, http in
            let client = try SignedClient(baseURL: url, signer: signer, http: http)
            let problem = await #expect(throws: Problem.self) { try await client.get("/member") }
            #expect(problem?.status == 403)
            #expect(problem?.code == "caller.stranger")
            #expect(problem?.detail.isEmpty == false)
        }
    }

    @Test("A server that is not there is a failed connection that names it, and no refusal")
    func noServer() async throws {
        // Nobody listens on the port of the discard protocol any more.
        let url = "http://127.0.0.1:9"
        let http = SignedClient.makeHTTPClient()
        let client = try SignedClient(baseURL: url, signer: signer(server.key), http: http)
        let failure = await #expect(throws: ConnectionFailure.self) {
            try await client.get("/member")
        }
        #expect(failure?.description.contains(url) == true)
        try await http.shutdown()
    }

    @Test("A stream is read event by event, however it was cut on its way")
    func stream() async throws {
        let (server, signer) = (server, signer(server.key))
        try await server.with { url, http in
            let client = try SignedClient(baseURL: url, signer: signer, http: http)
            let sent = [
                ServerSentEvent(name: "batch", json: ["start": 1]),
                ServerSentEvent(name: "heartbeat", json: ["title": "Universität"]),
            ]
            let received = Mutex<[ServerSentEvent]>([])
            try await client.follow("/events", ["text": sent.map(\.text).joined()]) { event in
                received.withLock { $0.append(event) }
            }
            #expect(received.withLock(\.self) == sent)
        }
    }

    @Test("A port that is taken is named")
    func portTaken() async throws {
        let server = server
        try await server.with { url, _ in
            let address = try #require(ListenAddress(String(url.dropFirst("http://".count))))
            let second = APIServer(
                address, tls: nil, router: .init(context: LabContext.self), logger: .silent
            ) { _ in }
            let error = await #expect(throws: AddressInUse.self) { try await second.run() }
            #expect(error?.description.contains("port \(address.port) on 127.0.0.1") == true)
        }
    }
}
