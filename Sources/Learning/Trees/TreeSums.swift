import CKernels
package import Tensors

/// What a member contributes to a round of growing: for each open node, and each bin of each input,
/// the sums of the first and second derivatives of the loss, and the number of rows.
///
/// Derivatives are multiples of 2⁻³⁰, so that the sums of up to some million rows are exact: however
/// the rows are spread over members, the merged sums are the same to the last bit, and so is the
/// tree.
package struct TreeSums: Hashable, Sendable {
    /// F.
    package let nodeCount: Int
    /// As ``BinEdges/slotOffsets`` are: where the slots of each input begin.
    let slotOffsets: [UInt32]
    /// F × S each.
    package internal(set) var gradients: [Double]
    package internal(set) var hessians: [Double]
    package internal(set) var counts: [Double]

    /// S.
    var slotCount: Int { Int(slotOffsets.last ?? 0) }

    init(nodeCount: Int, slotOffsets: [UInt32]) {
        self.nodeCount = nodeCount
        self.slotOffsets = slotOffsets
        let slotCount = Int(slotOffsets.last ?? 0)
        gradients = [Double](repeating: 0, count: nodeCount * slotCount)
        hessians = gradients
        counts = gradients
    }

    /// The sums of all members.
    ///
    /// - Throws: ``LearningError/wrongTensors(_:)`` where there are none, or they are of different
    ///   nodes.
    package init(merging parts: [TreeSums]) throws(LearningError) {
        guard let first = parts.first else { throw .wrongTensors("there are no sums to merge") }
        self = first
        for part in parts.dropFirst() {
            guard part.nodeCount == nodeCount, part.slotOffsets == slotOffsets else {
                throw .wrongTensors("the members' sums are of different nodes")
            }
            add(part)
        }
    }

    private mutating func add(_ part: TreeSums) {
        for place in gradients.indices {
            gradients[place] += part.gradients[place]
            hessians[place] += part.hessians[place]
            counts[place] += part.counts[place]
        }
    }

    /// How many numbers the sums for a model's open nodes are.
    package static func numberCount(for model: ForestModel) -> Int {
        3 * model.frontier.count * Int(model.edges.slotOffsets.last ?? 0)
    }

    /// `gradients`, `hessians` and `counts`, F64, [F, S].
    package var tensors: [Tensor] {
        [("gradients", gradients), ("hessians", hessians), ("counts", counts)].map { name, sums in
            do {
                return try Tensor(name: name, shape: [nodeCount, slotCount], float64: sums)
            } catch {
                preconditionFailure("the sums have a place for each node and slot: \(error)")
            }
        }
    }

    /// - Throws: ``LearningError``: `wrongTensors` or `notFinite`, also for what no rows can have.
    package init(tensors: [Tensor], for model: ForestModel) throws(LearningError) {
        nodeCount = model.frontier.count
        slotOffsets = model.edges.slotOffsets
        let slotCount = Int(slotOffsets.last ?? 0)
        let shape = [nodeCount, slotCount]
        var named = NamedTensors(tensors)
        gradients = try named.float64("gradients", shape: shape)
        hessians = try named.float64("hessians", shape: shape)
        counts = try named.float64("counts", shape: shape)
        try named.finish()
        let isNumber = model.settings.target.classCount == nil
        for place in counts.indices {
            let count = counts[place]
            guard count >= 0, count <= 0x1p40, count == count.rounded() else {
                throw .wrongTensors("\"counts\" should hold numbers of rows")
            }
            // A row's derivatives: ±1 and a quarter for classes, anything and 1 for a number.
            let (slope, bend) = isNumber ? (0x1p20, 1.0) : (1.0, 0.25)
            guard gradients[place].magnitude <= slope * count,
                hessians[place] >= 0, hessians[place] <= bend * count
            else { throw .wrongTensors("the sums are beyond those of \(Int(count)) rows") }
        }
        // Each row of a node has one value, or none, of each input.
        for node in 0..<nodeCount {
            let rows = rows(of: node)
            guard rows.allSatisfy({ $0 == rows.first }) else {
                throw .wrongTensors("a node has other rows for one input than for another")
            }
        }
    }

    /// How many rows a node has, by each input.
    private func rows(of node: Int) -> [Double] {
        zip(slotOffsets, slotOffsets.dropFirst()).map { start, end in
            counts[node * slotCount + Int(start)..<node * slotCount + Int(end)].reduce(0, +)
        }
    }

    /// No fewer rows can have them.
    var rowsMin: Double {
        (0..<nodeCount).reduce(0) { $0 + (rows(of: $1).first ?? 0) }
    }
}
