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

    /// As it goes over the wire. A stream has no way to write a return: it comes as a line's end.
    package var text: String {
        let lines = data.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
            .split(separator: "\n", omittingEmptySubsequences: false)
        return "event: \(name)\n" + lines.map { "data: \($0)\n" }.joined() + "\n"
    }
}

/// Reads a stream of events: bytes in, whole events out, wherever the bytes were cut.
package struct ServerSentEventParser: Sendable {
    /// An event may be this long: a batch of entries is one.
    private let eventBytesMax: Int
    private var line: [UInt8] = []
    private var name = ""
    /// The lines of data so far; `nil` before the first.
    private var data: [UInt8]?
    private var lastWasReturn = false
    private var isFirstLine = true

    package init(eventBytesMax: Int = 64 << 20) {
        self.eventBytesMax = eventBytesMax
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
                guard line.count + (data?.count ?? 0) < eventBytesMax else {
                    throw .eventTooLong(eventBytesMax)
                }
                line.append(byte)
            }
        }
        return events
    }

    // In bytes throughout: to a `String`, a colon or a blank before a combining mark is none.
    private mutating func endLine() throws(ServerSentEventError) -> ServerSentEvent? {
        defer {
            line.removeAll(keepingCapacity: true)
            isFirstLine = false
        }
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let line = isFirstLine && line.starts(with: byteOrderMark) ? line.dropFirst(3) : line[...]
        guard !line.isEmpty else { return try endEvent() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        let field = line[..<colon]
        if field.elementsEqual("data".utf8) {
            data = data.map { $0 + [UInt8(ascii: "\n")] + value } ?? Array(value)
        } else if field.elementsEqual("event".utf8) {
            name = try Self.text(value)
        }
        return nil
    }

    private mutating func endEvent() throws(ServerSentEventError) -> ServerSentEvent? {
        defer {
            name = ""
            data = nil
        }
        guard let data else { return nil }
        return ServerSentEvent(
            name: name.isEmpty ? "message" : name, data: try Self.text(data[...]))
    }

    private static func text(_ bytes: ArraySlice<UInt8>) throws(ServerSentEventError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
        return text
    }
}

package enum ServerSentEventError: Error, Hashable, Sendable, CustomStringConvertible {
    case eventTooLong(Int)
    case notUTF8

    package var description: String {
        switch self {
        case .eventTooLong(let bytes): "an event of the stream has more than \(bytes) bytes"
        case .notUTF8: "the event stream is not UTF-8"
        }
    }
}
