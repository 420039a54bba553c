package import Encodings
import HashTreeCollections

/// A row of the lab's state, as the authenticated state commits to it.
package protocol StateRow: Sendable {
    var json: JSONValue { get }
}

/// One write to the authenticated state: a key such as `contract/l-1` and its row, or nothing where
/// the row is gone.
package struct StateWrite: Hashable, Sendable {
    package let key: String
    package let row: JSONValue?
}

/// Rows of one kind by their key.
///
/// A table is a value that shares structure with its copies, so a transaction works on a copy and a
/// refused one leaves nothing behind. It remembers what was written, for the receipt and for the
/// state root.
package struct Table<Key: Hashable & Comparable & Sendable, Row: StateRow>: Sendable {
    /// The first part of the authenticated key.
    package let name: String
    private let keyText: @Sendable (Key) -> String
    private var rows: TreeDictionary<Key, Row> = [:]
    private var written: [Key] = []

    init(_ name: String, keyText: @escaping @Sendable (Key) -> String) {
        self.name = name
        self.keyText = keyText
    }

    package var count: Int { rows.count }
    package var isEmpty: Bool { rows.isEmpty }

    package subscript(key: Key) -> Row? { rows[key] }

    /// The rows in the order of their keys.
    ///
    /// - Complexity: O(n log n).
    package var sorted: [(key: Key, row: Row)] {
        rows.map { (key: $0.key, row: $0.value) }.sorted { $0.key < $1.key }
    }

    mutating func set(_ key: Key, _ row: Row) {
        rows[key] = row
        written.append(key)
    }

    mutating func remove(_ key: Key) {
        rows[key] = nil
        written.append(key)
    }

    /// The writes since the last call, each key once with its newest row.
    mutating func drainWrites(into writes: inout [StateWrite]) {
        guard !written.isEmpty else { return }
        for key in Set(written).sorted() {
            writes.append(StateWrite(key: "\(name)/\(keyText(key))", row: rows[key]?.json))
        }
        written = []
    }

    /// The row under a key as it stands in the authenticated state.
    func row(atKeyText text: String) -> JSONValue? {
        rows.first { keyText($0.key).utf8.elementsEqual(text.utf8) }?.value.json
    }
}

extension Table {
    init<Subject>(_ name: String) where Key == Identifier<Subject> {
        self.init(name) { $0.text }
    }
}
