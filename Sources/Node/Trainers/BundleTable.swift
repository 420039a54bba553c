import Foundation
import Learning

/// A part of a dataset as a bundle reads it: a CSV file with the job's inputs and the answer, and
/// nothing else of the owner's file.
enum BundleTable {
    /// - Parameters:
    ///   - label: What the bundle calls the answer.
    /// - Returns: A line of names, then one for each row: numbers as in single precision, a category
    ///   as 0 and 1 under `NAME=CATEGORY`, and nothing where a number is missing.
    static func csv(_ rows: LabelledRows, layout: FeatureLayout, label: String?) -> [UInt8] {
        var text: [UInt8] = []
        let names = layout.inputNames + [label].compactMap(\.self)
        text += names.map(quoted).joined(separator: ",").utf8
        text.append(UInt8(ascii: "\n"))
        for row in 0..<rows.count {
            for (column, value) in rows.inputs[row].enumerated() {
                if column > 0 { text.append(UInt8(ascii: ",")) }
                if !value.isNaN { text += "\(value)".utf8 }
            }
            if label != nil { text += ",\(rows.labels[row])".utf8 }
            text.append(UInt8(ascii: "\n"))
        }
        return text
    }

    /// The table of labels of some files: their names, what is to be predicted as for rows, and the
    /// other columns as the owner has them.
    static func csv(_ files: [LocalFiles.File], label: String?, others: [String]) -> [UInt8] {
        let names = [FileKinds.column] + [label].compactMap(\.self) + others
        let rows = files.map { file in
            [quoted(file.path)] + (label == nil ? [] : ["\(file.label)"]) + file.others.map(quoted)
        }
        return Array(
            ([names.map(quoted)] + rows).map { $0.joined(separator: ",") + "\n" }.joined().utf8)
    }

    private static func quoted(_ name: String) -> String {
        "\"" + name.replacing("\"", with: "\"\"") + "\""
    }
}
