import Encodings
import Learning
import Testing

@testable import DataSources

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

    @Test("A password in a record is found when the connection is opened, and not repeated")
    func recordedPassword() throws {
        let source = try DataSource([
            "kind": "postgresql", "connection": "postgresql://reader:hunter2@host/ward",
            "query": "no query",
        ])
        #expect(!source.name.contains("hunter2"))
        let error = #expect(throws: DatasetError.self) { try source.rows() }
        #expect(error?.code == .sourceUnavailable)
        #expect(error?.problem.contains("holds a password") == true)
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test("A record is read where libpq is missing, and opening it says what to install")
    func recordWithoutLibrary() throws {
        let query = PostgreSQLQuery(
            connection: PostgreSQLConnection(recorded: "service=ward"), query: "SELECT 1")
        let error = #expect(throws: DatasetError.self) {
            try query.rows(libpq: "libpq-of-nobody.so.5")
        }
        #expect(error?.code == .sourceUnavailable)
        #expect(error?.remedy.contains("libpq5") == true)
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

    @Test("Where libpq is missing, a connection is refused with what to install")
    func noLibrary() throws {
        let error = #expect(throws: DatasetError.self) {
            try PostgreSQLConnection("ward", understoodBy: LibPQ("libpq-of-nobody.so.5"))
        }
        #expect(error?.code == .sourceUnavailable)
        #expect(error?.problem.contains("libpq-of-nobody.so.5") == true)
        #expect(error?.remedy.contains("libpq5") == true)
    }

    @Test("A library without libpq's functions is not taken for libpq")
    func otherLibrary() throws {
        let error = #expect(throws: DatasetError.self) { try LibPQ("libm.so.6") }
        #expect(error?.problem.contains("PQ") == true)
    }
}
