package import Contracts
package import Encodings
package import Identity
package import MerkleLog
package import MerkleMap

/// One entry of the ledger: something with the time at which the coordinator put it there.
///
/// An entry has one spelling, its canonical JSON, and is at most 65,535 bytes long.
package struct Entry: Sendable {
    package enum Content: Sendable {
        /// The founding of the lab; the first entry and no other.
        case genesis(Envelope)
        case transaction(Envelope)
        /// The root of the authenticated state behind all entries before this one. It ends a batch.
        case state(root: MapHash)
        /// A checkpoint with the cosignatures of a quorum.
        case certificate(UnverifiedCheckpoint)
    }

    package static let bytesMax = EntryBundle.entryByteCountMax

    package let time: Timestamp
    package let content: Content

    package init(time: Timestamp, content: Content) {
        self.time = time
        self.content = content
    }

    package var json: JSONValue {
        switch content {
        case .genesis(let envelope):
            ["kind": "genesis", "time": time.json, "transaction": envelope.json]
        case .transaction(let envelope):
            ["kind": "transaction", "time": time.json, "transaction": envelope.json]
        case .state(let root):
            ["kind": "state", "time": time.json, "root": .string(root.base64)]
        case .certificate(let checkpoint):
            [
                "kind": "certificate", "time": time.json,
                "checkpoint": .string(checkpoint.description),
            ]
        }
    }

    package var bytes: [UInt8] { json.canonicalBytes }

    /// Reads what ``bytes`` prints, and nothing else.
    ///
    /// - Throws: ``EntryError``.
    package init(parsing bytes: [UInt8]) throws(EntryError) {
        guard bytes.count <= Self.bytesMax else { throw .tooLarge(bytes: bytes.count) }
        let json: JSONValue
        do {
            json = try JSONValue(parsing: bytes)
        } catch {
            throw .notJSON(error)
        }
        do throws(JSONShapeError) {
            try self.init(json)
        } catch {
            throw .wrongShape(error)
        }
        guard self.bytes == bytes else { throw .notCanonical }
    }

    private init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        time = try fields.timestamp("time")
        switch try fields.string("kind") {
        case "genesis":
            content = .genesis(
                try Envelope(try fields.required("transaction"), at: "transaction"))
        case "transaction":
            content = .transaction(
                try Envelope(try fields.required("transaction"), at: "transaction"))
        case "state":
            guard let root = MapHash(base64: try fields.string("root")) else {
                throw fields.wrong("root", "should be 32 bytes in base64")
            }
            content = .state(root: root)
        case "certificate":
            do {
                content = .certificate(
                    try UnverifiedCheckpoint(parsing: Array(try fields.string("checkpoint").utf8)))
            } catch let error as UnverifiedCheckpointError {
                throw fields.wrong("checkpoint", "is none: \(error)")
            } catch let error as JSONShapeError {
                throw error
            } catch {
                throw fields.wrong("checkpoint", "is none")
            }
        case let kind:
            throw fields.wrong("kind", "is “\(kind.prefix(40))”, which is no kind of entry")
        }
        try fields.finish()
    }
}

/// Why bytes are not an entry.
package enum EntryError: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLarge(bytes: Int)
    case notJSON(JSONSyntaxError)
    case wrongShape(JSONShapeError)
    case notCanonical

    package var description: String {
        switch self {
        case .tooLarge(let bytes):
            "it has \(bytes) bytes, and \(Entry.bytesMax) are allowed"
        case .notJSON(let error): "it is not JSON: \(error)"
        case .wrongShape(let error): "it is not well formed: \(error)"
        case .notCanonical: "it is not in the canonical form of its own content"
        }
    }
}
