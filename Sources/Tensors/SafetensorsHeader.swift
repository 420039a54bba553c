import Encodings

/// The head of a safetensors file: which tensors it holds, and where.
///
/// The format, as https://github.com/huggingface/safetensors defines it:
///
/// | bytes | what |
/// |---|---|
/// | 0 to 7 | N, the length of the JSON text, unsigned, least significant byte first |
/// | 8 to 8+N | a JSON object that begins with `{`; spaces may follow it |
/// | the rest | the data, which the tensors fill without holes and without overlap |
///
/// The object maps each tensor's name to `dtype`, `shape` and `data_offsets`, where its data begins
/// and ends, counted from the first byte of the data. `__metadata__`, if present, maps strings to
/// strings. No key comes twice.
///
/// A header can be read before the data has arrived, so that tensors may be streamed.
package struct SafetensorsHeader: Hashable, Sendable {
    /// Where a tensor lies.
    package struct Entry: Hashable, Sendable {
        package let name: String
        package let elementType: Tensor.ElementType
        package let shape: [Int]
        /// Counted from the first byte of the data.
        package let bytes: Range<Int>

        package static func == (left: Entry, right: Entry) -> Bool {
            left.name.utf8.elementsEqual(right.name.utf8) && left.elementType == right.elementType
                && left.shape == right.shape && left.bytes == right.bytes
        }
    }

    /// The length of the field that holds the length of the JSON text.
    package static let prefixByteCount = 8
    /// The longest JSON text that the reference implementation reads. Whoever knows that honest
    /// files are shorter should pass a lower limit: parsed JSON takes some tens of times its
    /// length.
    package static let textByteCountMax = 100_000_000

    /// In the order of their data.
    package let entries: [Entry]
    package let metadata: SafetensorsMetadata

    private static let metadataKey = "__metadata__"

    /// How many bytes of data follow the header.
    package var dataByteCount: Int { entries.last?.bytes.upperBound ?? 0 }

    /// The header of a file that is to hold these tensors.
    ///
    /// They are laid out in the order of ``ordered(_:)``.
    ///
    /// - Throws: ``SafetensorsError``: `duplicateName`, `reservedName` or `tooLarge`.
    package init(
        of tensors: [Tensor], metadata: SafetensorsMetadata = [:]
    ) throws(SafetensorsError) {
        try self.init(
            laidOut: tensors.map { ($0.name, $0.elementType, $0.shape) }, metadata: metadata)
    }

    /// The header of a file whose tensors are still to come, of these names, types and shapes.
    ///
    /// - Throws: ``SafetensorsError``: `duplicateName`, `reservedName` or `tooLarge`.
    package init(
        laidOut tensors: [(name: String, elementType: Tensor.ElementType, shape: [Int])],
        metadata: SafetensorsMetadata = [:]
    ) throws(SafetensorsError) {
        let ordered = tensors.sorted {
            Self.precedes(($0.elementType, $0.name), ($1.elementType, $1.name))
        }
        var entries: [Entry] = []
        var end = 0
        for tensor in ordered {
            let byteCount = Tensor.elementCount(of: tensor.shape).map {
                $0.multipliedReportingOverflow(by: tensor.elementType.byteCount)
            }
            let next = byteCount.map { end.addingReportingOverflow($0.partialValue) }
            guard let byteCount, !byteCount.overflow, let next, !next.overflow else {
                throw .tooLarge(tensor: tensor.name, shape: tensor.shape)
            }
            guard tensor.name != Self.metadataKey else { throw .reservedName }
            entries.append(
                Entry(
                    name: tensor.name, elementType: tensor.elementType, shape: tensor.shape,
                    bytes: end..<next.partialValue))
            end = next.partialValue
        }
        let members = ordered.map { JSONObject.Member(key: $0.name, value: .null) }
        if let name = JSONObject.duplicateKey(in: members) { throw .duplicateName(name) }
        self.entries = entries
        self.metadata = metadata
    }

    /// Tensors in the order in which they are written, that of the reference implementation: the
    /// wider element types first, so that all are aligned, then by the UTF-8 bytes of their names.
    static func ordered(_ tensors: [Tensor]) -> [Tensor] {
        tensors.sorted { precedes(($0.elementType, $0.name), ($1.elementType, $1.name)) }
    }

    private static func precedes(
        _ left: (type: Tensor.ElementType, name: String),
        _ right: (type: Tensor.ElementType, name: String)
    ) -> Bool {
        left.type != right.type
            ? Tensor.ElementType.allCases.firstIndex(of: left.type) ?? 0
                < Tensor.ElementType.allCases.firstIndex(of: right.type) ?? 0
            : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }

    /// How long the JSON text is that follows the first eight bytes.
    ///
    /// - Throws: ``SafetensorsError``: `noPrefix` or `headerTooLong`.
    package static func textByteCount(
        prefix: some Collection<UInt8>, max: Int = textByteCountMax
    ) throws(SafetensorsError) -> Int {
        let prefix = prefix.prefix(prefixByteCount)
        guard prefix.count == prefixByteCount else { throw .noPrefix(byteCount: prefix.count) }
        let count = prefix.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard count <= max else { throw .headerTooLong(byteCount: count, max: max) }
        return Int(count)
    }

    /// Reads the JSON text.
    ///
    /// - Throws: ``SafetensorsError``: that the text is not of the form, or that the tensors do not
    ///   fill the data.
    package init(parsing text: some Collection<UInt8>) throws(SafetensorsError) {
        let text = Array(text)
        guard text.first == UInt8(ascii: "{") else { throw .noObject }
        guard text.last(where: { $0 != UInt8(ascii: " ") }) == UInt8(ascii: "}") else {
            throw .wrongPadding
        }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: text)
        } catch {
            throw .notJSON(error)
        }

        var metadata = SafetensorsMetadata()
        var entries: [Entry] = []
        for member in value.object?.members ?? [] {
            do {
                if member.key == Self.metadataKey {
                    metadata = try SafetensorsMetadata(member.value, at: member.key)
                    continue
                }
            } catch {
                throw .wrongField(error)
            }
            entries.append(try Entry(parsing: member.value, name: member.key))
        }
        // Tensors without elements lie at the same place; the order of writing tells them apart.
        entries.sort {
            ($0.bytes.lowerBound, $0.bytes.upperBound) != ($1.bytes.lowerBound, $1.bytes.upperBound)
                ? ($0.bytes.lowerBound, $0.bytes.upperBound)
                    < ($1.bytes.lowerBound, $1.bytes.upperBound)
                : Self.precedes(($0.elementType, $0.name), ($1.elementType, $1.name))
        }
        var end = 0
        for entry in entries {
            guard entry.bytes.lowerBound == end else {
                throw entry.bytes.lowerBound > end
                    ? .hole(tensor: entry.name, begin: entry.bytes.lowerBound, expected: end)
                    : .overlap(tensor: entry.name, begin: entry.bytes.lowerBound, expected: end)
            }
            end = entry.bytes.upperBound
        }
        self.entries = entries
        self.metadata = metadata
    }

    /// The first bytes of the file: the length and the JSON text, padded with spaces to a multiple
    /// of eight. The same tensors and metadata give the same bytes: those of the reference
    /// implementation, but that metadata is sorted by key.
    package var bytes: [UInt8] {
        var members = entries.map { entry in
            """
            \(JSONValue.string(entry.name).canonicalText):\
            {"dtype":"\(entry.elementType.rawValue)",\
            "shape":[\(entry.shape.map(String.init).joined(separator: ","))],\
            "data_offsets":[\(entry.bytes.lowerBound),\(entry.bytes.upperBound)]}
            """
        }
        if !metadata.isEmpty {
            members.insert("\"\(Self.metadataKey)\":\(metadata.json.canonicalText)", at: 0)
        }
        var text = Array("{\(members.joined(separator: ","))}".utf8)
        text += repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
        let count = UInt64(text.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + text
    }
}

extension SafetensorsHeader.Entry {
    fileprivate init(parsing value: JSONValue, name: String) throws(SafetensorsError) {
        let type: String
        let shape: [Int]
        let offsets: [Int]
        do throws(JSONShapeError) {
            var fields = try JSONFields(value, at: name)
            type = try fields.string("dtype")
            shape = try fields.naturals("shape")
            offsets = try fields.naturals("data_offsets")
            try fields.finish()
            guard offsets.count == 2 else {
                throw fields.wrong(
                    "data_offsets", "should hold where the data begins and ends, 2 integers")
            }
        } catch {
            throw .wrongField(error)
        }
        guard let elementType = Tensor.ElementType(rawValue: type) else {
            throw .unsupportedType(tensor: name, type: type)
        }
        guard let elements = Tensor.elementCount(of: shape) else {
            throw .tooLarge(tensor: name, shape: shape)
        }
        let (byteCount, overflow) = elements.multipliedReportingOverflow(by: elementType.byteCount)
        guard !overflow else { throw .tooLarge(tensor: name, shape: shape) }
        guard offsets[0] <= offsets[1], offsets[1] - offsets[0] == byteCount else {
            throw .wrongByteCount(
                tensor: name, begin: offsets[0], end: offsets[1], expected: byteCount)
        }
        self.init(
            name: name, elementType: elementType, shape: shape, bytes: offsets[0]..<offsets[1])
    }
}

extension JSONFields {
    /// An array of integers, none of them negative.
    fileprivate mutating func naturals(_ key: String) throws(JSONShapeError) -> [Int] {
        var integers: [Int] = []
        for (position, value) in try array(key).enumerated() {
            guard let integer = value.integer, integer >= 0 else {
                throw wrong("\(key)[\(position)]", "should be an integer that is not negative")
            }
            integers.append(Int(integer))
        }
        return integers
    }
}
