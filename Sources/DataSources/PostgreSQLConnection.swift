import CLibPQ
package import Learning

/// How a PostgreSQL server is reached, without a password: libpq finds that where it always looks, in
/// `~/.pgpass`, a service file or `PGPASSWORD`.
package struct PostgreSQLConnection: Hashable, Sendable {
    /// `service=ward`, `postgresql://reader@host/ward?sslmode=verify-full`, or pairs such as
    /// `host=… dbname=…`.
    package let text: String

    private static let secrets: Set = [
        "password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key",
    ]

    /// - Parameter text: A service's name, a URI or pairs of a name and a value.
    /// - Throws: `DatasetError`: `sourceUnavailable`, in words that do not repeat the text: it may
    ///   hold a password. Also where this machine has no libpq, which understands the text.
    package init(_ text: String) throws(DatasetError) {
        try self.init(text, understoodBy: try LibPQ())
    }

    /// As a record has it: whoever reads the record may have no libpq. It is understood when it is
    /// opened, and until then no message may repeat its text, which may hold a password.
    init(recorded text: String) {
        self.text = text
    }

    /// - Throws: As for one that is named.
    func understood(by libpq: LibPQ) throws(DatasetError) -> PostgreSQLConnection {
        try PostgreSQLConnection(text, understoodBy: libpq)
    }

    init(_ text: String, understoodBy libpq: LibPQ) throws(DatasetError) {
        let libpq = libpq.functions
        let isService = !text.isEmpty && !text.contains("=") && !text.contains("://")
        let connection = isService ? "service=\(text)" : text
        guard !connection.contains("\0"), let options = libpq.PQconninfoParse(connection, nil)
        else {
            throw DatasetError(
                .sourceUnavailable, at: nil,
                "the PostgreSQL connection is not understood",
                remedy: "give the name of a service in ~/.pg_service.conf, or a URI such as "
                    + "postgresql://reader@host/database?sslmode=verify-full")
        }
        defer { libpq.PQconninfoFree(options) }
        var option = options
        var isNamed = false
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val, value.pointee != 0 {
                isNamed = true
                guard !Self.secrets.contains(String(cString: keyword)) else {
                    throw DatasetError(
                        .sourceUnavailable, at: nil, "the PostgreSQL connection holds a password",
                        remedy: "leave it out, and put it into ~/.pgpass (mode 0600) of the user "
                            + "who runs the node, as host:port:database:user:password")
                }
            }
            option += 1
        }
        guard isNamed else {
            throw DatasetError(
                .sourceUnavailable, at: nil, "the PostgreSQL connection is empty",
                remedy: "give the name of a service in ~/.pg_service.conf, or a URI")
        }
        self.text = connection
    }
}
