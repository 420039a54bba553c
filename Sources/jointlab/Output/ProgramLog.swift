import Contracts
import Encodings
import Foundation
import Logging
import Synchronization

/// Where the program's log goes: lines for people on a terminal, JSON lines otherwise, both on
/// standard error.
struct ProgramLog: LogHandler {
    enum Form: String, CaseIterable, Sendable {
        case human
        case json
    }

    /// One line at a time, whoever writes.
    private static let output = Mutex(FileHandle.standardError)

    let label: String
    let form: Form
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    static func makeLogger(_ label: String, level: Logger.Level, form: Form?) -> Logger {
        let form = form ?? (isatty(STDERR_FILENO) == 1 ? .human : .json)
        return Logger(label: label) { ProgramLog(label: $0, form: form, logLevel: level) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let time = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
        let line =
            switch form {
            case .human: Self.humanLine(time, event, all)
            case .json: jsonLine(time, event, all)
            }
        Self.output.withLock { try? $0.write(contentsOf: Data("\(line)\n".utf8)) }
    }

    private static func humanLine(
        _ time: Timestamp, _ event: LogEvent,
        _ metadata: [(key: String, value: Logger.MetadataValue)]
    ) -> String {
        let clock = "\(time)".dropFirst(11).dropLast()
        let level = event.level.rawValue.uppercased()
        let padded = level + String(repeating: " ", count: max(0, 8 - level.count))
        let pairs = metadata.map { " \($0.key)=\($0.value)" }.joined()
        return "\(clock) \(padded) \(event.message)\(pairs)"
    }

    private func jsonLine(
        _ time: Timestamp, _ event: LogEvent,
        _ metadata: [(key: String, value: Logger.MetadataValue)]
    ) -> String {
        var object = JSONObject()
        object["time"] = .string("\(time)")
        object["level"] = .string(event.level.rawValue)
        object["logger"] = .string(label)
        object["event"] = .string("\(event.message)")
        for (key, value) in metadata {
            object[key] = .string("\(value)")
        }
        return JSONValue.object(object).canonicalText
    }
}
