package import Tensors

/// The model that a `fit` starts from, of which each byte is accounted for.
package struct BaseModel {
    let bytes: [UInt8]
    let header: SafetensorsHeader
    /// Where the data begins.
    let dataStart: Int

    /// - Throws: ``SafetensorsError``.
    package init(_ bytes: [UInt8]) throws(SafetensorsError) {
        let count = try SafetensorsHeader.textByteCount(prefix: bytes)
        let start = SafetensorsHeader.prefixByteCount + count
        guard start <= bytes.count else {
            throw .headerCutOff(byteCount: count, found: bytes.count)
        }
        header = try SafetensorsHeader(parsing: bytes[SafetensorsHeader.prefixByteCount..<start])
        guard bytes.count - start == header.dataByteCount else {
            throw .wrongDataByteCount(
                found: bytes.count - start, expected: header.dataByteCount)
        }
        dataStart = start
        self.bytes = bytes
    }
}
