/// A map from keys to the hashes of their values whose root commits to all of it.
///
/// It is a binary trie over the bits of SHA-256(key), in which a branch that holds a single key is
/// that key's leaf. Its shape, and so its root, depend on the keys and values alone and not on the
/// order in which they came. Versions share structure: a copy is free, and an update makes new
/// nodes along the changed paths only.
///
/// A leaf commits to the whole hash of its key, so it cannot pass for another key's leaf wherever
/// it stands; leaves and branches are hashed under different prefixes. Sparse Merkle trees of this
/// compact kind are described in Dahlberg, Pulls, Peeters, *Efficient Sparse Merkle Trees*, 2016.
package struct AuthenticatedMap: Sendable {
    private indirect enum Subtree: Sendable {
        case empty
        case leaf(key: MapHash, value: MapHash, hash: MapHash)
        case branch(Subtree, Subtree, hash: MapHash)

        var hash: MapHash {
            switch self {
            case .empty: .empty
            case .leaf(_, _, let hash), .branch(_, _, let hash): hash
            }
        }
    }

    /// A key with its new value, or without one where it is to be removed.
    package struct Change: Sendable {
        package let key: MapHash
        package let value: MapHash?

        package init(key: MapHash, value: MapHash?) {
            self.key = key
            self.value = value
        }
    }

    private var top = Subtree.empty
    package private(set) var count = 0

    package init() {}

    package var root: MapHash { top.hash }

    package subscript(key: MapHash) -> MapHash? {
        var subtree = top
        var depth = 0
        while true {
            switch subtree {
            case .empty: return nil
            case .leaf(let other, let value, _): return other == key ? value : nil
            case .branch(let left, let right, _):
                subtree = key.bit(depth) ? right : left
                depth += 1
            }
        }
    }

    /// Sets and removes many keys at once; a branch above several of them is hashed once.
    ///
    /// - Parameter changes: Each key at most once.
    /// - Complexity: O(k · log n) hashes for k changes at worst.
    package mutating func update(_ changes: [Change]) {
        for change in changes {
            let existed = self[change.key] != nil
            count += (change.value == nil ? 0 : 1) - (existed ? 1 : 0)
        }
        top = Self.updated(top, by: changes[...], depth: 0)
    }

    private static func updated(
        _ subtree: Subtree, by changes: ArraySlice<Change>, depth: Int
    ) -> Subtree {
        guard let first = changes.first else { return subtree }
        switch subtree {
        case .empty:
            return built(from: changes.filter { $0.value != nil }[...], depth: depth)
        case .leaf(let key, let value, _):
            var all = Array(changes.filter { $0.value != nil })
            if !changes.contains(where: { $0.key == key }) {
                all.append(Change(key: key, value: value))
            }
            return built(from: all[...], depth: depth)
        case .branch(let left, let right, _) where changes.count == 1:
            return first.key.bit(depth)
                ? joined(left, updated(right, by: changes, depth: depth + 1))
                : joined(updated(left, by: changes, depth: depth + 1), right)
        case .branch(let left, let right, _):
            return joined(
                updated(left, by: changes.filter { !$0.key.bit(depth) }[...], depth: depth + 1),
                updated(right, by: changes.filter { $0.key.bit(depth) }[...], depth: depth + 1))
        }
    }

    private static func built(from changes: ArraySlice<Change>, depth: Int) -> Subtree {
        guard let first = changes.first, let value = first.value else { return .empty }
        if changes.count == 1 {
            return .leaf(
                key: first.key, value: value, hash: .leaf(key: first.key, value: value))
        }
        return joined(
            built(from: changes.filter { !$0.key.bit(depth) }[...], depth: depth + 1),
            built(from: changes.filter { $0.key.bit(depth) }[...], depth: depth + 1))
    }

    /// A leaf with nothing beside it takes the place of the branch, so that the shape does not tell
    /// what was once there.
    private static func joined(_ left: Subtree, _ right: Subtree) -> Subtree {
        switch (left, right) {
        case (.empty, .empty): .empty
        case (.empty, .leaf): right
        case (.leaf, .empty): left
        default: .branch(left, right, hash: .branch(left.hash, right.hash))
        }
    }

    /// What convinces somebody who knows only the root of a key's value, or of its absence.
    package func proof(of key: MapHash) -> MapProof {
        var siblings: [MapHash] = []
        var subtree = top
        while true {
            switch subtree {
            case .empty:
                return MapProof(siblings: siblings, end: .nothing)
            case .leaf(let other, let value, _):
                return MapProof(
                    siblings: siblings,
                    end: other == key ? .value(value) : .otherKey(other, value: value))
            case .branch(let left, let right, _):
                let goesRight = key.bit(siblings.count)
                siblings.append(goesRight ? left.hash : right.hash)
                subtree = goesRight ? right : left
            }
        }
    }
}
