import Encodings
package import Tensors

/// Reads updates' files (see ``UpdateEncoder``) range by range, as aggregation asks for them.
package struct UpdateDecoder: Sendable {
    /// What a file holds.
    package struct Contents: Sendable {
        package let delta: ParameterSource
        package let control: ParameterSource?
        package let normaliser: Double?

        /// The update, with what the contribution and the ledger say about it.
        package func update(weight: Int64, staleness: Int = 0) -> Update {
            Update(
                weight: weight, staleness: staleness, normaliser: normaliser, delta: delta,
                control: control)
        }
    }

    /// How many elements are looked at together where all have to be checked.
    private static let checkLength = 1 << 16

    package let compression: Compression
    package let layout: ParameterLayout
    private let local: LocalRule
    private let mask: RandomMask?
    private let isSentOn: Bool
    private let metadata: (compression: String?, seed: String?)

    /// - Parameters:
    ///   - local: Whether control variates and normalisers are expected.
    ///   - seed: The round's, for randomMask.
    ///   - isSentOn: Whether the mean of what is read goes on under the same mask: whoever reads that
    ///     scales it, and it must not be scaled twice.
    package init(
        _ compression: Compression, layout: ParameterLayout, local: LocalRule = .plain,
        seed: UInt64 = 0, isSentOn: Bool = false
    ) {
        self.compression = compression
        self.layout = layout
        self.local = local
        self.isSentOn = isSentOn
        let text = compression == .none ? nil : compression.json.canonicalText
        if case .randomMask(let share) = compression {
            mask = RandomMask(count: layout.count, share: share, seed: seed)
            metadata = (text, String(seed))
        } else {
            mask = nil
            metadata = (text, nil)
        }
    }

    /// Checks that a file has the form that is expected, to its last byte; only whether its
    /// parameters are finite is left to ``Aggregation``.
    ///
    /// - Throws: ``UpdateFormatError``, or what reading the file throws.
    package func contents(of file: SafetensorsFile) throws -> Contents {
        for (key, expected) in [("compression", metadata.compression), ("seed", metadata.seed)] {
            let found = file.header.metadata[key]
            guard found == expected else {
                throw UpdateFormatError.wrongMetadata(key: key, found: found, expected: expected)
            }
        }
        var tensors = ExpectedTensors(file.header)
        let delta = try delta(of: file, &tensors)
        var control: ParameterSource?
        if local == .controlVariates {
            let parts = try layout.parts.map { part throws(UpdateFormatError) in
                try tensors.take(UpdateTensorName.control(part.name), .float32, part.shape)
            }
            control = dense(parts, file)
        }
        var normaliser: Double?
        if local == .normalised {
            let entry = try tensors.take(UpdateTensorName.normaliser, .float64, [1])
            normaliser = try file.elements(0..<1, of: entry, as: Double.self)[0]
        }
        try tensors.finish()
        return Contents(delta: delta, control: control, normaliser: normaliser)
    }

    private func delta(
        of file: SafetensorsFile, _ tensors: inout ExpectedTensors
    ) throws -> ParameterSource {
        switch compression {
        case .none:
            let parts = try layout.parts.map { part throws(UpdateFormatError) in
                try tensors.take(part.name, .float32, part.shape)
            }
            return dense(parts, file)
        case .int8: return try int8(file, &tensors)
        case .stochastic(let levels): return try stochastic(levels, file, &tensors)
        case .topK(let share):
            let kept = Compression.kept(share, of: layout.count)
            let indices = try tensors.take(UpdateTensorName.indices, .uint32, [kept])
            let values = try tensors.take(UpdateTensorName.values, .float32, [kept])
            try checkAscending(indices, count: kept, file)
            return SparseVector(count: layout.count, kept: kept, file, indices, values).source
        case .randomMask: return try masked(file, &tensors)
        }
    }

    private func dense(_ parts: [SafetensorsHeader.Entry], _ file: SafetensorsFile)
        -> ParameterSource
    {
        let layout = layout
        return ParameterSource(count: layout.count) { range, buffer in
            try layout.forEachPart(in: range) { part, elements, place in
                try file.read(
                    elements, of: parts[part],
                    into: UnsafeMutableRawBufferPointer(
                        UnsafeMutableBufferPointer(
                            rebasing: buffer[place..<place + elements.count])))
            }
        }
    }

    private func int8(
        _ file: SafetensorsFile, _ tensors: inout ExpectedTensors
    ) throws -> ParameterSource {
        let layout = layout
        var codes: [SafetensorsHeader.Entry] = []
        var scales: [Float] = []
        for part in layout.parts {
            codes.append(try tensors.take(part.name, .int8, part.shape))
            let name = UpdateTensorName.scale(part.name)
            let entry = try tensors.take(name, .float32, [1])
            let scale = try file.elements(0..<1, of: entry, as: Float.self)[0]
            guard scale >= 0, scale.isFinite else {
                throw UpdateFormatError.wrongContents(
                    tensor: name, problem: "is \(scale), and should be a number, 0 or above")
            }
            scales.append(scale)
        }
        return ParameterSource(count: layout.count) { [codes, scales] range, buffer in
            try layout.forEachPart(in: range) { part, elements, place in
                let read = try file.elements(elements, of: codes[part], as: Int8.self)
                for (index, code) in read.enumerated() {
                    buffer[place + index] = Float(code) * scales[part]
                }
            }
        }
    }

    private func stochastic(
        _ levels: Int, _ file: SafetensorsFile, _ tensors: inout ExpectedTensors
    ) throws -> ParameterSource {
        let layout = layout
        let bits = Compression.codeBits(levels: levels)
        var codes: [SafetensorsHeader.Entry] = []
        var norms: [Double] = []
        for part in layout.parts {
            let count = part.parameters.count
            let name = UpdateTensorName.codes(part.name)
            let entry = try tensors.take(
                name, .uint8, [PackedCodes.byteCount(count, bits: bits)])
            try checkCodes(entry, count: count, bits: bits, levels: levels, file)
            codes.append(entry)
            let normName = UpdateTensorName.norm(part.name)
            let norm = try file.elements(
                0..<1, of: tensors.take(normName, .float64, [1]), as: Double.self)[0]
            guard norm >= 0, norm.isFinite else {
                throw UpdateFormatError.wrongContents(
                    tensor: normName, problem: "is \(norm), and should be a number, 0 or above")
            }
            norms.append(norm)
        }
        return ParameterSource(count: layout.count) { [codes, norms] range, buffer in
            try layout.forEachPart(in: range) { part, elements, place in
                let bytes = try file.elements(
                    PackedCodes.bytes(of: elements, bits: bits), of: codes[part], as: UInt8.self)
                PackedCodes.forEach(elements, in: bytes, bits: bits) { index, code in
                    buffer[place + index] = Float(
                        norms[part] * Double(code - levels) / Double(levels))
                }
            }
        }
    }

    private func masked(
        _ file: SafetensorsFile, _ tensors: inout ExpectedTensors
    ) throws -> ParameterSource {
        guard let mask else { preconditionFailure("a random mask comes with its compression") }
        let values = try tensors.take(UpdateTensorName.values, .float32, [mask.keptCount])
        return ParameterSource(count: layout.count) { [isSentOn] range, buffer in
            buffer.update(repeating: 0)
            guard !range.isEmpty else { return }
            let length = RandomMask.chunkLength
            for chunk in range.lowerBound / length...(range.upperBound - 1) / length {
                let start = mask.start(of: chunk)
                let kept = try file.elements(
                    start..<start + mask.keptCount(of: chunk), of: values, as: Float.self)
                let scale =
                    isSentOn ? 1 : Double(mask.parameters(of: chunk).count) / Double(kept.count)
                for (parameter, value) in zip(mask.selection(of: chunk), kept)
                where range.contains(parameter) {
                    buffer[parameter - range.lowerBound] = Float(Double(value) * scale)
                }
            }
        }
    }

    private func checkAscending(
        _ indices: SafetensorsHeader.Entry, count: Int, _ file: SafetensorsFile
    ) throws {
        var last = -1
        for start in stride(from: 0, to: count, by: Self.checkLength) {
            let range = start..<min(start + Self.checkLength, count)
            for index in try file.elements(range, of: indices, as: UInt32.self) {
                guard Int(index) > last, index < layout.count else {
                    throw UpdateFormatError.wrongContents(
                        tensor: indices.name,
                        problem: "has \(index) behind \(last), and should ascend and stay below "
                            + "\(layout.count)")
                }
                last = Int(index)
            }
        }
    }

    private func checkCodes(
        _ entry: SafetensorsHeader.Entry, count: Int, bits: Int, levels: Int,
        _ file: SafetensorsFile
    ) throws {
        for start in stride(from: 0, to: count, by: Self.checkLength) {
            let range = start..<min(start + Self.checkLength, count)
            let bytes = try file.elements(
                PackedCodes.bytes(of: range, bits: bits), of: entry, as: UInt8.self)
            var greatest = 0
            PackedCodes.forEach(range, in: bytes, bits: bits) { _, code in
                greatest = max(greatest, code)
            }
            let used = (range.upperBound * bits + 7) % 8 + 1
            let rest = range.upperBound == count && used < 8 ? (bytes.last ?? 0) >> used : 0
            guard greatest <= 2 * levels, rest == 0 else {
                throw UpdateFormatError.wrongContents(
                    tensor: entry.name,
                    problem: rest == 0
                        ? "has the code \(greatest), and \(levels) levels end at \(2 * levels)"
                        : "has bits behind its last code that are not 0")
            }
        }
    }
}

/// The tensors of a file, each to be asked for once.
private struct ExpectedTensors {
    private var left: [[UInt8]: SafetensorsHeader.Entry] = [:]
    private let order: [String]

    init(_ header: SafetensorsHeader) {
        for entry in header.entries { left[Array(entry.name.utf8)] = entry }
        order = header.entries.map(\.name)
    }

    mutating func take(
        _ name: String, _ type: Tensor.ElementType, _ shape: [Int]
    ) throws(UpdateFormatError) -> SafetensorsHeader.Entry {
        guard let entry = left.removeValue(forKey: Array(name.utf8)) else {
            throw .missing(tensor: name)
        }
        guard entry.elementType == type, entry.shape == shape else {
            throw .wrongForm(
                tensor: name, found: "\(entry.elementType.rawValue) \(entry.shape)",
                expected: "\(type.rawValue) \(shape)")
        }
        return entry
    }

    func finish() throws(UpdateFormatError) {
        if let name = order.first(where: { left[Array($0.utf8)] != nil }) {
            throw .superfluous(tensor: name)
        }
    }
}
