import Encodings
package import Tensors

/// A forest as a safetensors file. All tensors are of one dimension:
///
/// | tensor | what |
/// |---|---|
/// | `edge_counts` F64, `edges` F32 | for each input how many edges, and the edges themselves |
/// | `base`, `answer` F64 | where boosting starts; mean and scale of a number that is predicted |
/// | `tree_sizes` F64 | the nodes of each tree |
/// | `split_input`, `split_bin`, `missing_left`, `value` F64 | for each node; the input is −1 for a leaf |
/// | `frontier` F64 | the open nodes of the last tree |
///
/// The metadata are `format` and `settings`, canonical JSON. The same model gives the same bytes.
extension ForestModel {
    package static let format = "jointlab.boosted-trees/1"

    package var safetensors: Safetensors {
        let nodes = trees.flatMap(\.nodes)
        let tensors = [
            Tensor(name: "edges", vector: edges.edges.flatMap(\.self)),
            Tensor(name: "edge_counts", vector: edges.edges.map { Double($0.count) }),
            Tensor(name: "base", vector: base),
            Tensor(name: "answer", vector: [answerMean, answerScale]),
            Tensor(name: "tree_sizes", vector: trees.map { Double($0.nodes.count) }),
            Tensor(name: "split_input", vector: nodes.map { Double($0.split?.input ?? -1) }),
            Tensor(name: "split_bin", vector: nodes.map { Double($0.split?.bin ?? 0) }),
            Tensor(
                name: "missing_left",
                vector: nodes.map { $0.split?.missingGoesLeft == true ? 1.0 : 0 }),
            Tensor(name: "value", vector: nodes.map(\.value)),
            Tensor(name: "frontier", vector: frontier.map { Double($0) }),
        ]
        return Safetensors(model: tensors, format: Self.format, [("settings", settings.json)])
    }

    /// The model as a file.
    package var bytes: [UInt8] { safetensors.bytes }

    /// Reads a model from a file.
    ///
    /// - Throws: ``LearningError``: `notSafetensors`, `wrongMetadata`, `wrongTensors` or
    ///   `notFinite`.
    package init(parsing bytes: [UInt8]) throws(LearningError) {
        try self.init(Safetensors(model: bytes))
    }

    /// - Throws: ``LearningError``: `wrongMetadata`, `wrongTensors` or `notFinite`.
    package init(_ file: Safetensors) throws(LearningError) {
        let metadata = try ModelMetadata(file, format: Self.format, keys: ["settings"])
        let settings = try metadata.json("settings") { (json) throws(JSONShapeError) in
            try TreeSettings(json: json, at: "settings")
        }
        var named = NamedTensors(file.tensors)
        let edges = try Self.edges(from: &named, settings: settings)
        let base = try named.float64("base", count: settings.scoreCount)
        let answer = try named.float64("answer", count: 2)
        guard answer[1] > 0 else {
            throw .wrongTensors("the scale in \"answer\" should be above 0")
        }
        let trees = try Self.trees(from: &named, settings: settings, edges: edges)
        let last = trees[trees.count - 1]
        let frontier = try named.integers(
            "frontier", count: nil, in: 0...last.nodes.count - 1)
        try named.finish()
        let depths = last.depths
        guard zip(frontier, frontier.dropFirst()).allSatisfy({ $0 < $1 }),
            frontier.allSatisfy({ last.nodes[$0].split == nil && depths[$0] < settings.depth }),
            !frontier.isEmpty || trees.count == settings.treeCount
        else { throw .wrongTensors("\"frontier\" should hold leaves that may be split") }
        self.init(
            settings: settings, edges: edges, base: base, answerMean: answer[0],
            answerScale: answer[1], trees: trees, frontier: frontier)
    }

    private static func edges(
        from named: inout NamedTensors, settings: TreeSettings
    ) throws(LearningError) -> BinEdges {
        let counts = try named.integers(
            "edge_counts", count: settings.layout.width, in: 0...settings.bins - 1)
        let flat = try named.float32("edges", count: counts.reduce(0, +))
        var edges: [[Float]] = []
        var place = 0
        for count in counts {
            let own = Array(flat[place..<place + count])
            guard zip(own, own.dropFirst()).allSatisfy({ $0 < $1 }) else {
                throw .wrongTensors("\"edges\" should be ascending for each input")
            }
            edges.append(own)
            place += count
        }
        return BinEdges(edges)
    }

    private static func trees(
        from named: inout NamedTensors, settings: TreeSettings, edges: BinEdges
    ) throws(LearningError) -> [DecisionTree] {
        let sizes = try named.integers("tree_sizes", count: nil, in: 1...1 << (settings.depth + 1))
        guard 1...settings.treeCount ~= sizes.count else {
            throw .wrongTensors("there should be from 1 to \(settings.treeCount) trees")
        }
        let count = sizes.reduce(0, +)
        let inputs = try named.integers(
            "split_input", count: count, in: -1...settings.layout.width - 1)
        let bins = try named.integers("split_bin", count: count, in: 0...254)
        let missing = try named.integers("missing_left", count: count, in: 0...1)
        let values = try named.float64("value", count: count)
        var trees: [DecisionTree] = []
        var start = 0
        for size in sizes {
            let nodes = (start..<start + size).map { place in
                DecisionTree.Node(
                    split: inputs[place] < 0
                        ? nil
                        : .init(
                            input: inputs[place], bin: bins[place],
                            missingGoesLeft: missing[place] == 1),
                    value: values[place])
            }
            start += size
            let splits = nodes.compactMap(\.split)
            guard size == 1 + 2 * splits.count,
                splits.allSatisfy({ $0.bin <= edges.edges[$0.input].count })
            else {
                throw .wrongTensors("a tree's splits should be on edges, with two children each")
            }
            let tree = DecisionTree(nodes: nodes)
            // Every node but the root must stand behind its parent, or a row would go in circles.
            for (node, child) in tree.firstChildren.enumerated() where nodes[node].split != nil {
                guard Int(child) > node else {
                    throw .wrongTensors("a tree's nodes should stand level by level")
                }
            }
            guard tree.depths.allSatisfy({ $0 <= settings.depth }) else {
                throw .wrongTensors("a tree should be at most \(settings.depth) deep")
            }
            trees.append(tree)
        }
        return trees
    }
}
