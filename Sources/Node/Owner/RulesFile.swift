import ContractFiles
import Contracts
import Encodings
package import Foundation
package import HouseRules

/// The owner's rules as they stand in a file. A node reads them anew before every task.
package struct RulesFile: Sendable {
    package let file: URL
    /// What holds where the file does not say.
    package let rowsMin: Int

    package init(_ file: URL, rowsMin: Int) {
        self.file = file
        self.rowsMin = rowsMin
    }

    /// Whether there is one. A link that leads nowhere is one, which cannot be read.
    package var exists: Bool {
        (try? FileManager.default.attributesOfItem(atPath: file.path)) != nil
    }

    /// - Returns: Without a file, what holds without rules.
    /// - Throws: ``RulesFileError``.
    package func read() throws(RulesFileError) -> OwnerRules {
        guard exists else {
            var rules = OwnerRules()
            rules.node.rowsMin = rowsMin
            return rules
        }
        let text = try contents()
        guard Self.saysSomething(text) else { return try rules([:], at: { _ in nil }) }
        let yaml: YAMLText
        do {
            yaml = try YAMLText(text)
        } catch {
            throw problem(error.problem, line: error.line, column: error.column)
        }
        return try rules(yaml.value) { error in
            guard let place = yaml.place(of: error.path) else { return nil }
            let isName = error.problem.hasPrefix(OwnerRules.noRule)
            return isName ? place.name ?? (place.line, place.column) : (place.line, place.column)
        }
    }

    var reading: Result<OwnerRules, RulesFileError> {
        do {
            return .success(try read())
        } catch {
            return .failure(error)
        }
    }

    private func contents() throws(RulesFileError) -> String {
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: file)
            defer { try? handle.close() }
            data = try handle.read(upToCount: YAMLText.bytesMax + 1) ?? Data()
        } catch {
            throw problem("the file cannot be read")
        }
        // An editor that has just begun to write must not lift every rule for a moment.
        guard !data.isEmpty else {
            throw problem("the file is empty; remove it where you want no rules of your own")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw problem("the file is no text in UTF-8")
        }
        return text
    }

    /// Whether it is more than comments.
    private static func saysSomething(_ text: String) -> Bool {
        text.split(whereSeparator: \.isNewline).contains { line in
            line.first { !$0.isWhitespace }.map { $0 != "#" } ?? false
        }
    }

    private func rules(
        _ json: JSONValue, at place: (JSONShapeError) -> (line: Int, column: Int)?
    ) throws(RulesFileError) -> OwnerRules {
        do {
            return try OwnerRules(json, rowsMin: rowsMin, Self.offsets)
        } catch {
            let place = place(error)
            throw problem(error.description, line: place?.line, column: place?.column)
        }
    }

    private func problem(
        _ text: String, line: Int? = nil, column: Int? = nil
    ) -> RulesFileError {
        RulesFileError(file: file.lastPathComponent, line: line, column: column, problem: text)
    }

    /// Zones by name, as this machine knows them.
    package static let offsets: OwnerZone.Offsets = { name, time in
        let date = Date(timeIntervalSince1970: Double(time.milliseconds) / 1_000)
        return TimeZone(identifier: name)?.secondsFromGMT(for: date)
    }
}

/// What is wrong with an owner's rules, and where.
package struct RulesFileError: Error, Hashable, Sendable, CustomStringConvertible {
    package let file: String
    /// Counted from 1.
    package let line: Int?
    package let column: Int?
    package let problem: String

    package var description: String {
        let place = [line, column].compactMap(\.self).map { ":\($0)" }.joined()
        return "\(file)\(place): \(problem)"
    }
}
