package import Encodings

/// One event of a stream (WHATWG HTML §9.2).
package struct ServerSentEvent: Hashable, Sendable {
    package let name: String
    package let data: String

    package init(name: String, data: String) {
        self.name = name
        self.data = data
    }

    package init(name: String, json: JSONValue) {
        self.init(name: name, data: json.canonicalText)
    }

    /// As it goes over the wire.
    package var text: String {
        let lines = data.split(separator: "\n", omittingEmptySubsequences: false)
        return "event: \(name)\n" + lines.map { "data: \($0)\n" }.joined() + "\n"
    }
}

/// Reads a stream of events: bytes in, whole events out, wherever the bytes were cut.
package struct ServerSentEventParser: Sendable {
    /// A line may be this long: a batch of entries is one line.
    private let lineBytesMax: Int
    private var line: [UInt8] = []
    private var name = ""
    private var data: [String] = []
    private var lastWasReturn = false

    package init(lineBytesMax: Int = 64 << 20) {
        self.lineBytesMax = lineBytesMax
    }

    /// - Throws: ``ServerSentEventError``. The stream is then of no more use.
    package mutating func feed(
        _ bytes: some Sequence<UInt8>
    ) throws(ServerSentEventError) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            defer { lastWasReturn = byte == UInt8(ascii: "\r") }
            switch byte {
            case UInt8(ascii: "\n") where lastWasReturn:
                continue
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                if let event = try endLine() { events.append(event) }
            default:
                guard line.count < lineBytesMax else { throw .lineTooLong(lineBytesMax) }
                line.append(byte)
            }
        }
        return events
    }

    private mutating func endLine() throws(ServerSentEventError) -> ServerSentEvent? {
        guard !line.isEmpty else { return endEvent() }
        guard let text = String(validating: line, as: UTF8.self) else { throw .notUTF8 }
        line.removeAll(keepingCapacity: true)
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var value = parts.count > 1 ? parts[1] : ""
        if value.first == " " { value.removeFirst() }
        switch parts[0] {
        case "event": name = String(value)
        case "data": data.append(String(value))
        default: break
        }
        return nil
    }

    private mutating func endEvent() -> ServerSentEvent? {
        defer {
            name = ""
            data = []
        }
        guard !data.isEmpty else { return nil }
        return ServerSentEvent(
            name: name.isEmpty ? "message" : name, data: data.joined(separator: "\n"))
    }
}

package enum ServerSentEventError: Error, Hashable, Sendable, CustomStringConvertible {
    case lineTooLong(Int)
    case notUTF8

    package var description: String {
        switch self {
        case .lineTooLong(let bytes): "a line of the event stream has more than \(bytes) bytes"
        case .notUTF8: "the event stream is not UTF-8"
        }
    }
}
