import Encodings
import Foundation
import Testing

/// Another implementation that a result is compared with: a Python script in `Peers`, which reads
/// JSON and writes JSON.
enum PythonPeer {
    private static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let python = root.appending(path: ".python/bin/python3").path

    static let isPresent = FileManager.default.isExecutableFile(atPath: python)
    static let absence: Comment = "there is no .python; make it with scripts/setup-python"

    static func run(_ script: String, _ input: JSONValue) throws -> JSONValue {
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = [
            root.appending(path: "Tests/LearningTests/Peers/\(script)").path
        ]
        let (stdin, stdout) = (Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        try process.run()
        // The scripts read all of it before they write.
        try stdin.fileHandleForWriting.write(contentsOf: Data(input.canonicalBytes))
        try stdin.fileHandleForWriting.close()
        let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(script) failed; see its message above")
        return try JSONValue(parsing: Array(output))
    }
}

extension JSONValue {
    static func numbers(_ values: some Sequence<Double>) -> JSONValue {
        .array(values.map { $0.isNaN ? .null : .number($0) })
    }

    static func numbers(_ values: some Sequence<Float>) -> JSONValue {
        .numbers(values.map { Double($0) })
    }

    func numbers(_ key: String) throws -> [Double] {
        var numbers: [Double] = []
        for value in try #require(self[key]?.array, "\(key)") {
            numbers.append(try #require(value.double))
        }
        return numbers
    }

    func number(_ key: String) throws -> Double { try #require(self[key]?.double, "\(key)") }
}
