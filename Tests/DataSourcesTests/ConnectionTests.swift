import DataSources
import Learning
import Testing

@Suite struct ConnectionTests {
    @Test(
        "A connection with a password is refused without repeating it",
        arguments: [
            "postgresql://reader:hunter2@host/ward", "postgres://reader@host/ward?password=hunter2",
            "host=h password=hunter2", "host=h password='hunter2 '", "sslpassword=hunter2 host=h",
            "postgresql://reader:hunter2%@host/ward",
            "postgresql://reader:hunter2@host:port x/ward",
            "host=h password=hunter2 nonsense",
        ])
    func password(text: String) throws {
        let error = #expect(throws: DatasetError.self) { try PostgreSQLConnection(text) }
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test("A service's name, a URI and pairs are taken")
    func connections() throws {
        #expect(try PostgreSQLConnection("ward").text == "service=ward")
        for text in ["postgresql://reader@host/ward?sslmode=verify-full", "host=/tmp dbname=x"] {
            #expect(try PostgreSQLConnection(text).text == text)
        }
        for text in ["", "host=", "postgresql://", "colour=blue", "a\0b=c"] {
            #expect(throws: DatasetError.self) { try PostgreSQLConnection(text) }
        }
    }
}
