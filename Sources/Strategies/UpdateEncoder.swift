import CKernels
import Encodings
import Memory
import Randomness
package import Tensors

/// Makes the files of a client's updates, round after round.
///
/// An update's file is a safetensors file:
///
/// | compression | tensors |
/// |---|---|
/// | none | each tensor of the model under its name, F32: trained minus base |
/// | int8 | each tensor of the model under its name, I8; its `scale/<name>` F32 [1] |
/// | qsgd | for each tensor of the model `codes/<name>` U8 and `norm/<name>` F64 [1] |
/// | topK | `indices` U32 [k], ascending; `values` F32 [k] |
/// | randomMask | `values` F32 [k] of the selected parameters, ascending, not scaled |
///
/// The codes are the levels −s to s plus s, of ⌈log₂(2s + 1)⌉ bits each, the first in the lowest
/// bits of the first byte; bits left over are 0. Parameters are numbered as in ``ParameterLayout``.
/// SCAFFOLD adds `control/<name>` F32 for each tensor, cᵢ⁺ − cᵢ, never compressed; FedNova adds
/// `normaliser` F64 [1].
///
/// The metadata has `compression`, the canonical JSON of ``Compression/json``, but where there is
/// none; randomMask has `seed` in decimal too. Other keys are ignored.
package struct UpdateEncoder: Sendable {
    package let compression: Compression
    package let layout: ParameterLayout
    /// What top-k has not sent yet, P parameters; empty with the others, and before the first update.
    /// It has to be kept from round to round.
    package private(set) var residual: [Float]

    /// - Parameter residual: What an earlier encoder had left.
    /// - Throws: ``UpdateFormatError/wrongLength(found:expected:)``.
    package init(
        _ compression: Compression, layout: ParameterLayout, residual: [Float] = []
    ) throws(UpdateFormatError) {
        guard residual.isEmpty || residual.count == layout.count else {
            throw .wrongLength(found: residual.count, expected: layout.count)
        }
        self.compression = compression
        self.layout = layout
        self.residual = residual
    }

    /// The file of an update.
    ///
    /// - Parameters:
    ///   - update: Trained minus base, P parameters.
    ///   - control: cᵢ⁺ − cᵢ, P parameters.
    ///   - seed: The round's for randomMask, the same for all clients; for qsgd one that is new for
    ///     every update. The others have no use for it.
    /// - Throws: ``UpdateFormatError``; the residual stays as it was.
    package mutating func file(
        of update: [Float], control: [Float]? = nil, normaliser: Double? = nil, seed: UInt64 = 0
    ) throws(UpdateFormatError) -> Safetensors {
        try check(update)
        if let control { try check(control) }
        var metadata = SafetensorsMetadata()
        if compression != .none { metadata["compression"] = compression.json.canonicalText }
        var tensors: [Tensor] = []
        var left: [Float] = []
        do {
            switch compression {
            case .none:
                for part in layout.parts {
                    tensors.append(
                        try Tensor(
                            name: part.name, shape: part.shape,
                            float32: Array(update[part.parameters])))
                }
            case .int8:
                for part in layout.parts {
                    let (scale, codes) = Self.int8(update[part.parameters])
                    tensors.append(try Tensor(name: part.name, shape: part.shape, int8: codes))
                    tensors.append(Tensor(name: UpdateTensorName.scale(part.name), vector: [scale]))
                }
            case .stochastic(let levels):
                var random = SeededRandom(seed: seed)
                for part in layout.parts {
                    let values = update[part.parameters]
                    let norm = Self.norm(values)
                    let signed = Self.stochasticLevels(values, norm: norm, levels: levels) {
                        random.uniformFraction()
                    }
                    tensors.append(
                        Tensor(
                            name: UpdateTensorName.codes(part.name),
                            vector: PackedCodes.packed(
                                signed.map { UInt32($0 + levels) },
                                bits: Compression.codeBits(levels: levels))))
                    tensors.append(Tensor(name: UpdateTensorName.norm(part.name), vector: [norm]))
                }
            case .topK(let share):
                let sum = residual.isEmpty ? update : zip(update, residual).map { $0 + $1 }
                if let parameter = sum.firstIndex(where: { !$0.isFinite }) {
                    throw UpdateFormatError.notFinite(parameter: parameter)
                }
                let indices = Self.greatest(Compression.kept(share, of: sum.count), of: sum)
                tensors.append(
                    Tensor(name: UpdateTensorName.indices, vector: indices.map { UInt32($0) }))
                tensors.append(
                    Tensor(name: UpdateTensorName.values, vector: indices.map { sum[$0] }))
                left = sum
                for index in indices { left[index] = 0 }
            case .randomMask(let share):
                metadata["seed"] = String(seed)
                let mask = RandomMask(count: update.count, share: share, seed: seed)
                let values = (0..<mask.chunkCount).flatMap { chunk in
                    mask.selection(of: chunk).map { update[$0] }
                }
                tensors.append(Tensor(name: UpdateTensorName.values, vector: values))
            }
            if let control {
                for part in layout.parts {
                    tensors.append(
                        try Tensor(
                            name: UpdateTensorName.control(part.name), shape: part.shape,
                            float32: Array(control[part.parameters])))
                }
            }
            if let normaliser {
                tensors.append(Tensor(name: UpdateTensorName.normaliser, vector: [normaliser]))
            }
            let file = try Safetensors(tensors, metadata: metadata)
            residual = left
            return file
        } catch let error as SafetensorsError {
            throw .file(error)
        } catch let error as UpdateFormatError {
            throw error
        } catch {
            preconditionFailure("the layout's shapes have been checked: \(error)")
        }
    }

    /// The bytes of ``file(of:control:normaliser:seed:)``. One that is not compressed is written down
    /// at once: of a large model every copy counts.
    package mutating func bytes(
        of update: [Float], control: [Float]? = nil, normaliser: Double? = nil, seed: UInt64 = 0
    ) throws(UpdateFormatError) -> [UInt8] {
        guard compression == .none, control == nil, normaliser == nil else {
            return try file(of: update, control: control, normaliser: normaliser, seed: seed).bytes
        }
        try check(update)
        let head = try layout.plainHeader().bytes
        residual = []
        return update.withUnsafeBytes { update in
            [UInt8](unsafeUninitializedCapacity: head.count + update.count) { buffer, count in
                let file = UnsafeMutableRawBufferPointer(buffer)
                LargePages.use(for: file)
                file.copyBytes(from: head)
                UnsafeMutableRawBufferPointer(rebasing: file[head.count...])
                    .copyMemory(from: update)
                count = head.count + update.count
            }
        }
    }

    private func check(_ vector: [Float]) throws(UpdateFormatError) {
        guard vector.count == layout.count else {
            throw .wrongLength(found: vector.count, expected: layout.count)
        }
        let parameter = jl_first_not_finite(vector, vector.count)
        guard parameter == vector.count else { throw .notFinite(parameter: parameter) }
    }
}

extension ParameterLayout {
    /// The header of an update that is not compressed.
    ///
    /// - Throws: ``UpdateFormatError``.
    package func plainHeader() throws(UpdateFormatError) -> SafetensorsHeader {
        do {
            return try SafetensorsHeader(laidOut: parts.map { ($0.name, .float32, $0.shape) })
        } catch {
            throw .file(error)
        }
    }
}

extension UpdateEncoder {
    private static func int8(_ values: ArraySlice<Float>) -> (scale: Float, codes: [Int8]) {
        let greatest = values.reduce(0) { max($0, $1.magnitude) }
        let scale = greatest / 127
        guard scale > 0 else { return (0, [Int8](repeating: 0, count: values.count)) }
        return (
            scale,
            values.map { Int8(max(-127, min(127, ($0 / scale).rounded(.toNearestOrEven)))) }
        )
    }

    private static func norm(_ values: ArraySlice<Float>) -> Double {
        values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }

    /// Levels from −s to s: ⌊s |v| / ‖v‖⌋, and one more where the next of `uniforms`, from 0 up to 1,
    /// is below the remainder.
    package static func stochasticLevels(
        _ values: ArraySlice<Float>, norm: Double, levels: Int, uniforms: () -> Double
    ) -> [Int] {
        values.map { value in
            let uniform = uniforms()
            guard norm > 0 else { return 0 }
            let exact = Double(levels) * (Double(value).magnitude / norm)
            let lower = exact.rounded(.down)
            let level = min(levels, Int(lower) + (uniform < exact - lower ? 1 : 0))
            return value < 0 ? -level : level
        }
    }

    /// The indices of the k numbers of the greatest magnitude, ascending; of equals, the first.
    static func greatest(_ k: Int, of values: [Float]) -> [Int] {
        // Without the sign, the bits of a float order as its magnitude. Two counting passes find
        // the least that is kept: its upper 15 bits, then its lower 16.
        func key(_ value: Float) -> Int { Int(value.bitPattern & 0x7fff_ffff) }
        var left = k
        func descend(_ counts: [Int]) -> Int {
            for bin in counts.indices.reversed() {
                if counts[bin] >= left { return bin }
                left -= counts[bin]
            }
            return 0
        }
        var counts = [Int](repeating: 0, count: 1 << 15)
        for value in values { counts[key(value) >> 16] += 1 }
        let upper = descend(counts)
        counts = [Int](repeating: 0, count: 1 << 16)
        for value in values where key(value) >> 16 == upper { counts[key(value) & 0xffff] += 1 }
        let least = upper << 16 | descend(counts)
        var indices: [Int] = []
        indices.reserveCapacity(k)
        for (index, value) in values.enumerated() {
            let key = key(value)
            if key > least {
                indices.append(index)
            } else if key == least, left > 0 {
                indices.append(index)
                left -= 1
            }
        }
        return indices
    }
}
