import Foundation
import Yams

/// Reads a daemon's settings from its file, the environment and the command line, each over the one
/// before, and gathers every mistake, so that they are all told at once.
struct SettingsReader {
    /// A value, and where it comes from, for messages.
    private struct Found {
        let text: String
        let origin: String
    }

    private let file: String
    private var fromFile: [String: Found] = [:]
    private let environment: [String: String]
    private let flags: [String: Found]
    private var known: [String] = []
    private(set) var problems: [String] = []

    /// - Parameters:
    ///   - file: A YAML file that may be absent.
    ///   - flags: What the command line gave, by key.
    init(file: URL, environment: [String: String], flags: [String: String?]) {
        self.file = file.path
        self.environment = environment
        self.flags = Dictionary(
            uniqueKeysWithValues: flags.compactMap { key, text in
                text.map { (key, Found(text: $0, origin: "--\(Self.dashed(key))")) }
            })
        readFile(file)
    }

    private mutating func readFile(_ url: URL) {
        guard FileManager.default.fileExists(atPath: url.path) else { return }
        do {
            let text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
            guard let root = try Yams.compose(yaml: text) else { return }
            flatten(root, under: "")
        } catch {
            problems.append("\(file): \(error)")
        }
    }

    private mutating func flatten(_ node: Node, under path: String) {
        switch node {
        case .mapping(let mapping):
            for (key, value) in mapping {
                let name = key.string ?? "?"
                flatten(value, under: path.isEmpty ? name : "\(path).\(name)")
            }
        case .scalar(let scalar):
            let line = node.mark.map { ", line \($0.line)" } ?? ""
            fromFile[path] = Found(text: scalar.string, origin: "\(file)\(line)")
        case .sequence, .alias:
            problems.append("\(file): \(path.isEmpty ? "the file" : path) should be a single value")
        }
    }

    /// `tls.key` is `tls-key` on the command line and `JOINTLAB_TLS_KEY` in the environment.
    private static func dashed(_ key: String) -> String {
        key.replacing(".", with: "-")
    }

    private static func environmentName(_ key: String) -> String {
        "JOINTLAB_" + dashed(key).replacing("-", with: "_").uppercased()
    }

    private mutating func found(_ key: String) -> Found? {
        known.append(key)
        let name = Self.environmentName(key)
        return flags[key]
            ?? environment[name].map { Found(text: $0, origin: "environment variable \(name)") }
            ?? fromFile[key]
    }

    // MARK: - Values

    mutating func text(_ key: String) -> String? {
        found(key)?.text
    }

    /// A value of some kind, or its default; a mistake is noted.
    mutating func value<Value>(
        _ key: String, default standard: Value, _ expected: String, _ parse: (String) -> Value?
    ) -> Value {
        guard let found = found(key) else { return standard }
        guard let value = parse(found.text) else {
            problems.append(
                "\(key) should be \(expected), and is “\(found.text)” (\(found.origin))")
            return standard
        }
        return value
    }

    mutating func flag(_ key: String) -> Bool {
        value(key, default: false, "true or false") { text in
            switch text.lowercased() {
            case "true", "yes", "1": true
            case "false", "no", "0": false
            default: nil
            }
        }
    }

    mutating func integer(_ key: String, default standard: Int, in range: ClosedRange<Int>) -> Int {
        value(
            key, default: standard, "a whole number from \(range.lowerBound) to \(range.upperBound)"
        ) { text in Int(text).flatMap { range.contains($0) ? $0 : nil } }
    }

    /// A file that must be there and readable.
    mutating func existingFile(_ key: String) -> String? {
        guard let found = found(key) else { return nil }
        guard FileManager.default.isReadableFile(atPath: found.text) else {
            problems.append("\(key): cannot read the file \(found.text) (\(found.origin))")
            return nil
        }
        return found.text
    }

    mutating func wrong(_ problem: String) {
        problems.append(problem)
    }

    /// Ends the reading.
    ///
    /// - Throws: ``SettingsError`` with every mistake.
    mutating func finish() throws(SettingsError) {
        for (key, found) in fromFile.sorted(by: { $0.key < $1.key }) where !known.contains(key) {
            let near = known.min { Self.distance($0, key) < Self.distance($1, key) }
            let hint = near.map { Self.distance($0, key) <= 3 ? "; did you mean \($0)?" : "" } ?? ""
            problems.append("\(key) is no setting (\(found.origin))\(hint)")
        }
        if !problems.isEmpty { throw SettingsError(problems: problems) }
    }

    /// How many letters must be added, dropped or changed to make one word of the other.
    private static func distance(_ left: String, _ right: String) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                (diagonal, row[j + 1]) = (
                    row[j + 1], min(row[j], row[j + 1], diagonal - (a == b ? 1 : 0)) + 1
                )
            }
        }
        return row[right.count]
    }
}

/// Everything that is wrong with a configuration.
struct SettingsError: Error, CustomStringConvertible {
    let problems: [String]

    var description: String {
        "the configuration is wrong in \(problems.count) place\(problems.count == 1 ? "" : "s"):\n"
            + problems.map { "  - \($0)" }.joined(separator: "\n")
    }
}
