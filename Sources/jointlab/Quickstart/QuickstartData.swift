import ArgumentParser
import Foundation
import Learning

/// The CSV files of a quickstart: one for each institution, all with the same columns.
struct QuickstartData {
    struct Site {
        /// A name for a member, made from the file's.
        let name: String
        let file: String
        let rows: Int
    }

    /// In the order of their files' names; the last one validates.
    let sites: [Site]
    let options: InspectionOptions
    /// What a reader should know: files left out, and how the label was read.
    let notes: [String]

    var trainers: [Site] { Array(sites.dropLast()) }
    var validator: Site { sites[sites.count - 1] }

    private static let extensions: Set<String> = ["csv", "data", "tsv"]

    private struct Candidate {
        let file: URL
        let inspection: DatasetInspection

        var columns: [String] { inspection.schema.columns.map(\.name) }
    }

    /// Looks through a folder for the institutions' files.
    ///
    /// - Throws: `ValidationError` where there are too few that belong together.
    init(folder: String, label: String, positive: PositiveClass?) throws {
        let files: [URL]
        do {
            files = try FileManager.default.contentsOfDirectory(
                at: URL(fileURLWithPath: folder), includingPropertiesForKeys: nil)
        } catch {
            throw ValidationError("cannot read the folder \(folder): \(error.localizedDescription)")
        }
        let tables = files.filter { Self.extensions.contains($0.pathExtension.lowercased()) }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
        var options = InspectionOptions(label: ColumnReference(label), positive: positive)
        var notes: [String] = []
        var (candidates, problems) = Self.inspect(tables, options)
        if positive == nil, problems.contains(where: { $0.1.code == .labelUndecided }) {
            options.positive = .compared(.above, 0)
            (candidates, problems) = Self.inspect(tables, options)
            notes.append(
                "\(label) has more than two values: above 0 counts as positive; --positive changes it"
            )
        }

        let groups = Dictionary(grouping: candidates, by: \.columns)
        let largest = groups.values.max { left, right in
            (left.count, left.reduce(0) { $0 + $1.inspection.rowCount })
                < (right.count, right.reduce(0) { $0 + $1.inspection.rowCount })
        }
        guard let group = largest, group.count >= 3 else {
            let found = problems.map { "\n  \($0.0): \($0.1.problem); \($0.1.remedy)" }.joined()
            throw ValidationError(
                "\(folder) should have at least three CSV files with the same columns, one for each "
                    + "institution and one to validate; found \(largest?.count ?? 0) of \(tables.count)"
                    + found)
        }
        notes += Self.leftOut(tables, group, problems)
        let chosen = group.sorted { $0.file.lastPathComponent < $1.file.lastPathComponent }
        let names = Self.names(chosen.map { $0.file.deletingPathExtension().lastPathComponent })
        sites = zip(names, chosen).map {
            Site(name: $0, file: $1.file.path, rows: $1.inspection.rowCount)
        }
        self.options = options
        self.notes = notes
    }

    private static func inspect(
        _ tables: [URL], _ options: InspectionOptions
    ) -> ([Candidate], [(String, DatasetError)]) {
        var candidates: [Candidate] = []
        var problems: [(String, DatasetError)] = []
        for table in tables {
            do throws(DatasetError) {
                let inspection = try DatasetInspection.inspect(path: table.path, options: options)
                candidates.append(Candidate(file: table, inspection: inspection))
            } catch {
                problems.append((table.lastPathComponent, error))
            }
        }
        return (candidates, problems)
    }

    private static func leftOut(
        _ tables: [URL], _ group: [Candidate], _ problems: [(String, DatasetError)]
    ) -> [String] {
        let taken = Set(group.map(\.file))
        return tables.filter { !taken.contains($0) }.map { table in
            let name = table.lastPathComponent
            let problem = problems.first { $0.0 == name }?.1.problem
            return "\(name) is left out: \(problem ?? "its columns are others")"
        }
    }

    /// Short names for members: what all files' names begin with is dropped, word by word.
    static func names(_ files: [String]) -> [String] {
        let words = files.map { name in
            name.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
                .map(String.init)
        }
        var common = 0
        while let word = words.first?.dropFirst(common).first,
            words.allSatisfy({ $0.count > common + 1 && $0[common] == word })
        {
            common += 1
        }
        return words.map { String($0.dropFirst(common).joined(separator: "-").prefix(40)) }
    }
}
