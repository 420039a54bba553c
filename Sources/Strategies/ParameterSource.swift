import CKernels

/// Where the parameters of a model, an update or a state are read from, range by range: memory, or
/// whatever a closure reads, such as a file or the decoding of a compressed update.
package struct ParameterSource: Sendable {
    /// Fills the buffer, which is as long as the range.
    package typealias Read =
        @Sendable (
            _ range: Range<Int>, _ buffer: UnsafeMutableBufferPointer<Float>
        ) throws -> Void

    private enum Storage: Sendable {
        case memory(Memory)
        case reader(Read)
    }

    /// How many parameters there are.
    package let count: Int
    private let storage: Storage

    /// Copies the parameters once; use ``init(count:at:keeping:)`` for what is large.
    package init(_ parameters: [Float]) {
        let owner = OwnedFloats(parameters)
        self.init(count: parameters.count, at: owner.start, keeping: owner)
    }

    /// Parameters that lie in memory, such as a mapped file, and are read in place.
    ///
    /// - Parameter owner: Keeps the memory as it is for as long as this value lives.
    package init(count: Int, at start: UnsafePointer<Float>, keeping owner: any Sendable) {
        self.count = count
        storage = .memory(Memory(start: start, owner: owner))
    }

    /// - Parameter read: Is asked for ranges within `0..<count`, in ascending order, some of them
    ///   in several passes, and by one task at a time.
    package init(count: Int, read: @escaping Read) {
        self.count = count
        storage = .reader(read)
    }

    /// A vector with the same value everywhere.
    package init(count: Int, repeating value: Float) {
        self.init(count: count) { _, buffer in buffer.update(repeating: value) }
    }

    /// - Throws: What the closure throws.
    package func read(_ range: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>) throws {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= count && buffer.count == range.count,
            "the range \(range) of \(count) parameters does not fill \(buffer.count)")
        switch storage {
        case .memory(let memory):
            _ = buffer.update(
                fromContentsOf: UnsafeBufferPointer(
                    start: memory.start + range.lowerBound, count: range.count))
        case .reader(let read): try read(range, buffer)
        }
    }

    /// The first parameter of a range that is NaN or infinite.
    ///
    /// - Throws: What the closure throws.
    package func firstNotFinite(in range: Range<Int>) throws -> Int? {
        try withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count) { buffer in
            buffer.initialize(repeating: 0)
            try read(range, into: buffer)
            guard let start = buffer.baseAddress else { return nil }
            let place = jl_first_not_finite(start, buffer.count)
            return place < buffer.count ? range.lowerBound + place : nil
        }
    }

    private static let checkLength = 1 << 14

    /// The first parameter that is NaN or infinite.
    ///
    /// - Throws: What the closure throws.
    package func firstNotFinite() throws -> Int? {
        for start in stride(from: 0, to: count, by: Self.checkLength) {
            let end = min(start + Self.checkLength, count)
            if let place = try firstNotFinite(in: start..<end) { return place }
        }
        return nil
    }

    /// All of them.
    package func parameters() throws -> [Float] {
        try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            buffer.initialize(repeating: 0)
            initialized = count
            try read(
                0..<count, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// Where a range lies, if it need not be read. Valid while this value lives.
    func start(of range: Range<Int>) -> UnsafePointer<Float>? {
        guard case .memory(let memory) = storage else { return nil }
        return memory.start + range.lowerBound
    }
}

/// Nobody writes to it while its owner lives.
private struct Memory: @unchecked Sendable {
    let start: UnsafePointer<Float>
    let owner: any Sendable
}

/// Floats that are written once, before anybody else has them.
private final class OwnedFloats: @unchecked Sendable {
    let start: UnsafePointer<Float>

    init(_ floats: [Float]) {
        let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(1, floats.count))
        _ = memory.initialize(from: floats)
        start = UnsafePointer(memory.baseAddress.unsafelyUnwrapped)
    }

    deinit { start.deallocate() }
}
