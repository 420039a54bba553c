import Encodings

/// Messages between a node and its worker as they stand on a pipe: the length of the JSON text in
/// four bytes, least significant first, and the text.
struct WorkerFrames {
    /// A longer one would fill the pipe of a worker that does not read.
    static let byteCountMax = 60_000

    private var buffer: [UInt8] = []

    static func bytes(of message: JSONValue) -> [UInt8] {
        let text = message.canonicalBytes
        let count = UInt32(text.count)
        return (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + text
    }

    mutating func append(_ bytes: some Sequence<UInt8>) {
        buffer.append(contentsOf: bytes)
    }

    /// The next whole message.
    ///
    /// - Throws: ``SandboxFailure/protocolError(_:)``.
    mutating func next() throws(SandboxFailure) -> JSONValue? {
        guard buffer.count >= 4 else { return nil }
        let count = buffer.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        guard count <= Self.byteCountMax else {
            throw .protocolError("a message of \(count) bytes; at most \(Self.byteCountMax)")
        }
        guard buffer.count >= 4 + count else { return nil }
        let text = Array(buffer[4..<4 + count])
        buffer.removeFirst(4 + count)
        do {
            return try JSONValue(parsing: text)
        } catch {
            throw .protocolError("a message is not JSON: \(error)")
        }
    }
}
