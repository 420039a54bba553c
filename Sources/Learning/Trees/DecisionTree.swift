import CKernels

/// A tree whose inner nodes ask for the bin of one input.
///
/// Nodes stand level by level: the children of the first inner node are the nodes 1 and 2, those of
/// the second 3 and 4, and so on.
package struct DecisionTree: Hashable, Sendable {
    package struct Split: Hashable, Sendable {
        package let input: Int
        /// The last bin that goes left.
        package let bin: Int
        /// Where missing values go.
        package let missingGoesLeft: Bool
    }

    package struct Node: Hashable, Sendable {
        /// `nil` for a leaf.
        package internal(set) var split: Split?
        /// What a leaf adds to a row's score; kept where a leaf has been split.
        package internal(set) var value: Double
    }

    package internal(set) var nodes: [Node]

    /// A single leaf that adds nothing.
    static let stump = DecisionTree(nodes: [Node(split: nil, value: 0)])

    /// For each node the first of its two children, meaningless for a leaf.
    var firstChildren: [UInt32] {
        var next: UInt32 = 1
        return nodes.map { node in
            guard node.split != nil else { return 0 }
            defer { next += 2 }
            return next
        }
    }

    /// How far each node is from the root.
    var depths: [Int] {
        var depths = [Int](repeating: 0, count: nodes.count)
        for (node, child) in firstChildren.enumerated() where nodes[node].split != nil {
            depths[Int(child)] = depths[node] + 1
            depths[Int(child) + 1] = depths[node] + 1
        }
        return depths
    }

    /// For each row the leaf where it ends.
    func leaves(of bins: [UInt8], rowCount: Int, width: Int) -> [UInt32] {
        let inputs = nodes.map { Int32($0.split?.input ?? -1) }
        let splits = nodes.map { UInt8($0.split?.bin ?? 0) }
        let missing = nodes.map { $0.split?.missingGoesLeft == true ? UInt8(1) : 0 }
        let children = firstChildren
        return [UInt32](unsafeUninitializedCapacity: rowCount) { leaves, count in
            count = rowCount
            guard let first = leaves.baseAddress else { return }
            jl_tree_leaves(first, bins, inputs, splits, missing, children, rowCount, width)
        }
    }
}
