/// The contents of a safetensors file, the form in which models and updates travel.
///
/// Reading is strict: what ``init(parsing:headerByteCountMax:)`` accepts is a file of the published
/// format, each byte of which is accounted for. Element values are not judged; NaN may be among
/// them.
package struct Safetensors: Hashable, Sendable {
    package let metadata: SafetensorsMetadata
    /// In the order in which we write them: the wider element types first, then by name.
    package let tensors: [Tensor]

    /// - Throws: ``SafetensorsError``: `duplicateName`, `reservedName` or `tooLarge`.
    package init(
        _ tensors: [Tensor], metadata: SafetensorsMetadata = [:]
    ) throws(SafetensorsError) {
        _ = try SafetensorsHeader(of: tensors, metadata: metadata)
        self.metadata = metadata
        self.tensors = SafetensorsHeader.ordered(tensors)
    }

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - headerByteCountMax: How long its JSON text may be. Parsed, it takes some tens of times
    ///     its length, so pass what honest files need.
    /// - Throws: ``SafetensorsError``, which says what is wrong and with which tensor.
    package init(
        parsing bytes: [UInt8], headerByteCountMax: Int = SafetensorsHeader.textByteCountMax
    ) throws(SafetensorsError) {
        let textStart = SafetensorsHeader.prefixByteCount
        let textByteCount = try SafetensorsHeader.textByteCount(
            prefix: bytes, max: headerByteCountMax)
        guard textByteCount <= bytes.count - textStart else {
            throw .headerCutOff(byteCount: textByteCount, found: bytes.count - textStart)
        }
        let dataStart = textStart + textByteCount
        let header = try SafetensorsHeader(parsing: bytes[textStart..<dataStart])
        guard bytes.count - dataStart == header.dataByteCount else {
            throw .wrongDataByteCount(
                found: bytes.count - dataStart, expected: header.dataByteCount)
        }
        let tensors = bytes[dataStart...].withUnsafeBytes { data in
            header.entries.map {
                Tensor($0, bytes: UnsafeRawBufferPointer(rebasing: data[$0.bytes]))
            }
        }
        self.metadata = header.metadata
        self.tensors = SafetensorsHeader.ordered(tensors)
    }

    /// The file. The same tensors and metadata, given in whatever order, give the same bytes.
    package var bytes: [UInt8] {
        let header: SafetensorsHeader
        do {
            header = try SafetensorsHeader(of: tensors, metadata: metadata)
        } catch {
            preconditionFailure("these tensors have been checked: \(error)")
        }
        var bytes = header.bytes
        bytes.reserveCapacity(bytes.count + header.dataByteCount)
        for tensor in tensors {
            tensor.withBytes { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    /// The tensor of this name, compared byte for byte.
    package subscript(name: String) -> Tensor? {
        tensors.first { $0.name.utf8.elementsEqual(name.utf8) }
    }
}
