/// The keys whose signatures count, each with a name and number of its own.
package struct NoteKeyring: Hashable, Sendable {
    private struct Label: Hashable {
        let name: KeyName
        let id: NoteKeyID
    }

    static let empty = NoteKeyring()

    private var keys: [Label: NoteVerifierKey] = [:]

    private init() {}

    /// - Throws: ``AmbiguousKeyError`` where two keys share name and number.
    package init(_ keys: some Sequence<NoteVerifierKey>) throws(AmbiguousKeyError) {
        for key in keys {
            try insert(key)
        }
    }

    mutating func insert(_ key: NoteVerifierKey) throws(AmbiguousKeyError) {
        let previous = keys.updateValue(key, forKey: Label(name: key.name, id: key.id))
        guard previous == nil || previous == key else { throw AmbiguousKeyError(key: key) }
    }

    /// The key that a signature line names. Name and number must both be the key's.
    func key(of signature: NoteSignature) -> NoteVerifierKey? {
        keys[Label(name: signature.name, id: signature.keyID)]
    }
}

/// Two different keys share a name and a number, so that a signature would not say which of them
/// made it.
package struct AmbiguousKeyError: Error, Hashable, Sendable, CustomStringConvertible {
    package let key: NoteVerifierKey

    package var description: String {
        "another key has the name \(Quoted(key.name.utf8)) and the id \(key.id) too"
    }
}
