import Memory
package import Strategies
package import Tensors

/// The trained part of a model's file: its F32 tensors, which lie one behind the other. What lies
/// before and behind them, such as how inputs are standardised, stays as it is from round to round.
package struct ModelParameters: Sendable {
    package let layout: ParameterLayout
    private let file: SafetensorsFile
    /// Where they lie in the file's data.
    private let bytes: Range<Int>

    private static let copyBytes = 1 << 16

    /// - Throws: ``AggregationError/base(_:)``.
    package init(_ file: SafetensorsFile) throws(AggregationError) {
        let entries = file.header.entries.filter { $0.elementType == .float32 }
        guard let first = entries.first, let last = entries.last else {
            throw .base("has no tensor of type F32, and so no parameters")
        }
        bytes = first.bytes.lowerBound..<last.bytes.upperBound
        do {
            layout = try ParameterLayout(entries.map { ($0.name, $0.shape) })
        } catch {
            throw .base("cannot be trained: \(error)")
        }
        // In the order of their names, and nothing in between.
        guard layout.count * MemoryLayout<Float>.size == bytes.count,
            zip(layout.parts, entries).allSatisfy({ $0.name.utf8.elementsEqual($1.name.utf8) })
        else { throw .base("does not have its F32 tensors one behind the other, by name") }
        self.file = file
    }

    package var source: ParameterSource {
        let (file, start) = (file, bytes.lowerBound)
        return ParameterSource(count: layout.count) { range, buffer in
            try file.read(
                start + range.lowerBound * 4..<start + range.upperBound * 4,
                into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// The file with other parameters.
    ///
    /// - Throws: `WorkError.otherState` where they are not as many, or what reading the file throws.
    package func file(with parameters: [Float]) throws -> [UInt8] {
        guard parameters.count == layout.count else { throw WorkError.otherState }
        var bytes = try file.bytes.array
        let start = file.header.bytes.count + self.bytes.lowerBound
        parameters.withUnsafeBytes {
            bytes.replaceSubrange(start..<start + $0.count, with: $0)
        }
        return bytes
    }

    /// The file up to the parameters.
    func writeBefore<Sink: ResultSink & ~Copyable>(to sink: inout Sink) throws {
        try file.header.bytes.withUnsafeBytes { try sink.write($0) }
        try copy(0..<bytes.lowerBound, to: &sink)
    }

    /// The file behind the parameters.
    func writeAfter<Sink: ResultSink & ~Copyable>(to sink: inout Sink) throws {
        try copy(bytes.upperBound..<file.header.dataByteCount, to: &sink)
    }

    private func copy<Sink: ResultSink & ~Copyable>(
        _ range: Range<Int>, to sink: inout Sink
    ) throws {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.copyBytes) {
            let end = min(start + Self.copyBytes, range.upperBound)
            try withUnsafeTemporaryAllocation(byteCount: end - start, alignment: 16) { buffer in
                try file.read(start..<end, into: buffer)
                try sink.write(UnsafeRawBufferPointer(buffer))
            }
        }
    }
}

extension SafetensorsFile {
    /// All tensors in memory.
    ///
    /// - Throws: As ``bytes(max:)``.
    func tensors(bytesMax: Int) throws -> [Tensor] {
        try Safetensors(parsing: bytes(max: bytesMax)).tensors
    }

    /// The whole file in memory.
    ///
    /// - Throws: ``AggregationError/tooLarge(bytes:max:)``, or what reading throws.
    func bytes(max bytesMax: Int) throws -> [UInt8] {
        guard header.dataByteCount <= bytesMax else {
            throw AggregationError.tooLarge(bytes: header.dataByteCount, max: bytesMax)
        }
        return try bytes.array
    }
}

extension Update {
    /// - Throws: `UpdateFormatError.notFinite(parameter:)`.
    func checkFinite() throws {
        for source in [delta, control].compactMap(\.self) {
            if let place = try source.firstNotFinite() {
                throw UpdateFormatError.notFinite(parameter: place)
            }
        }
    }
}
