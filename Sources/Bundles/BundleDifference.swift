import Encodings

/// What changed from a bundle that an owner has approved to another, for the owner to read.
package struct BundleDifference: Hashable, Sendable {
    package enum Change: Hashable, Sendable {
        case added
        case removed
        /// The lines of a text that changed.
        case lines([Line])
        /// One of both is no text, or too long to be compared by lines.
        case bytes(old: Int, new: Int)
    }

    package enum Line: Hashable, Sendable {
        case kept(String)
        case removed(String)
        case added(String)
        /// So many lines that did not change are left out.
        case gap(Int)
    }

    package struct File: Hashable, Sendable {
        package let path: BundlePath
        package let change: Change
    }

    /// The files that changed, by name.
    package let files: [File]

    /// Comparing takes time with the product of the lines and of what changed in them.
    private static let linesMax = 5_000
    private static let context = 3

    package init(from old: BundleArchive, to new: BundleArchive) {
        let before = Dictionary(uniqueKeysWithValues: old.files.map { ($0.path, $0.contents) })
        let after = Dictionary(uniqueKeysWithValues: new.files.map { ($0.path, $0.contents) })
        files = Set(before.keys).union(after.keys).sorted().compactMap { path in
            switch (before[path], after[path]) {
            case (nil, _?): File(path: path, change: .added)
            case (_?, nil): File(path: path, change: .removed)
            case (let old?, let new?) where old != new:
                File(path: path, change: Self.change(from: old, to: new))
            default: nil
            }
        }
    }

    package var isEmpty: Bool { files.isEmpty }

    /// As `diff -u` shows it, with everything written out that a terminal would obey or a reader
    /// could not see.
    package var text: String {
        files.map { file in
            switch file.change {
            case .added: "added    \(file.path)\n"
            case .removed: "removed  \(file.path)\n"
            case .bytes(let old, let new):
                "changed  \(file.path) (no text of a readable length: \(old) bytes, now \(new))\n"
            case .lines(let lines):
                "changed  \(file.path)\n" + lines.map { "\($0.text)\n" }.joined()
            }
        }.joined()
    }

    private static func change(from old: [UInt8], to new: [UInt8]) -> Change {
        guard let old = lines(of: old), let new = lines(of: new) else {
            return .bytes(old: old.count, new: new.count)
        }
        let difference = new.difference(from: old) { $0.utf8.elementsEqual($1.utf8) }
        var removed: Set<Int> = []
        var added: Set<Int> = []
        for change in difference {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var lines: [Line] = []
        var (oldIndex, newIndex) = (0, 0)
        while oldIndex < old.count || newIndex < new.count {
            if removed.contains(oldIndex) {
                lines.append(.removed(old[oldIndex]))
                oldIndex += 1
            } else if added.contains(newIndex) {
                lines.append(.added(new[newIndex]))
                newIndex += 1
            } else {
                lines.append(.kept(new[newIndex]))
                oldIndex += 1
                newIndex += 1
            }
        }
        return .lines(folded(lines))
    }

    /// Leaves out what lies further from a change than the context.
    private static func folded(_ lines: [Line]) -> [Line] {
        let changes = lines.indices.filter { if case .kept = lines[$0] { false } else { true } }
        var shown = [Bool](repeating: false, count: lines.count)
        for index in changes {
            for near in max(0, index - context)...min(lines.count - 1, index + context) {
                shown[near] = true
            }
        }
        var folded: [Line] = []
        var hidden = 0
        for (line, isShown) in zip(lines, shown) {
            if !isShown {
                hidden += 1
                continue
            }
            if hidden > 0 { folded.append(.gap(hidden)) }
            hidden = 0
            folded.append(line)
        }
        return hidden > 0 ? folded + [.gap(hidden)] : folded
    }

    /// The lines with their ends, so that a change of an end is one too.
    private static func lines(of bytes: [UInt8]) -> [String]? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var lines: [String] = []
        var line: [UInt8] = []
        for byte in text.utf8 {
            line.append(byte)
            if byte == UInt8(ascii: "\n") {
                lines.append(String(decoding: line, as: UTF8.self))
                line = []
            }
        }
        if !line.isEmpty { lines.append(String(decoding: line, as: UTF8.self)) }
        return lines.count <= linesMax ? lines : nil
    }
}

extension BundleDifference.Line {
    var text: String {
        switch self {
        case .kept(let line): "  " + shown(line)
        case .removed(let line): "- " + shown(line)
        case .added(let line): "+ " + shown(line)
        case .gap(let count): "  … \(count) line\(count == 1 ? "" : "s") as before"
        }
    }

    private func shown(_ line: String) -> String {
        guard line.utf8.last == UInt8(ascii: "\n") else {
            return line.onOneLine + " (no end of line)"
        }
        return String(decoding: line.utf8.dropLast(), as: UTF8.self).onOneLine
    }
}
