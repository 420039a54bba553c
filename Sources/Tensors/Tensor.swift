/// A named array of numbers with a shape, its elements contiguous and the last dimension fastest
/// (row-major).
///
/// Two tensors are equal where name, shape, element type and every bit of every element are; so
/// a tensor that holds NaN equals itself, and 0 differs from −0.
package struct Tensor: Sendable {
    /// The type of every element of a tensor; the raw value is its name in the safetensors format.
    ///
    /// In the order in which a file holds them, that of the reference implementation.
    package enum ElementType: String, CaseIterable, Hashable, Sendable {
        case float64 = "F64"
        case float32 = "F32"
        case uint32 = "U32"
        case int8 = "I8"
        case uint8 = "U8"

        package var byteCount: Int {
            switch self {
            case .float64: 8
            case .float32, .uint32: 4
            case .int8, .uint8: 1
            }
        }
    }

    private enum Elements: Sendable {
        case float32([Float])
        case float64([Double])
        case uint32([UInt32])
        case int8([Int8])
        case uint8([UInt8])
    }

    package let name: String
    /// The length of each dimension, outermost first; empty for a single number.
    package let shape: [Int]
    private let elements: Elements

    /// - Throws: ``TensorError/wrongElementCount(name:shape:elements:)``.
    package init(name: String, shape: [Int], float32 elements: [Float]) throws(TensorError) {
        guard Self.elementCount(of: shape) == elements.count else {
            throw .wrongElementCount(name: name, shape: shape, elements: elements.count)
        }
        self.init(name: name, shape: shape, elements: .float32(elements))
    }

    /// - Throws: ``TensorError/wrongElementCount(name:shape:elements:)``.
    package init(name: String, shape: [Int], float64 elements: [Double]) throws(TensorError) {
        guard Self.elementCount(of: shape) == elements.count else {
            throw .wrongElementCount(name: name, shape: shape, elements: elements.count)
        }
        self.init(name: name, shape: shape, elements: .float64(elements))
    }

    /// A tensor of one dimension.
    package init(name: String, vector elements: [Float]) {
        self.init(name: name, shape: [elements.count], elements: .float32(elements))
    }

    /// A tensor of one dimension.
    package init(name: String, vector elements: [Double]) {
        self.init(name: name, shape: [elements.count], elements: .float64(elements))
    }

    /// - Throws: ``TensorError/wrongElementCount(name:shape:elements:)``.
    package init(name: String, shape: [Int], int8 elements: [Int8]) throws(TensorError) {
        guard Self.elementCount(of: shape) == elements.count else {
            throw .wrongElementCount(name: name, shape: shape, elements: elements.count)
        }
        self.init(name: name, shape: shape, elements: .int8(elements))
    }

    /// A tensor of one dimension.
    package init(name: String, vector elements: [UInt32]) {
        self.init(name: name, shape: [elements.count], elements: .uint32(elements))
    }

    /// A tensor of one dimension.
    package init(name: String, vector elements: [UInt8]) {
        self.init(name: name, shape: [elements.count], elements: .uint8(elements))
    }

    private init(name: String, shape: [Int], elements: Elements) {
        self.name = name
        self.shape = shape
        self.elements = elements
    }

    package var elementType: ElementType {
        switch elements {
        case .float32: .float32
        case .float64: .float64
        case .uint32: .uint32
        case .int8: .int8
        case .uint8: .uint8
        }
    }

    package var elementCount: Int {
        switch elements {
        case .float32(let elements): elements.count
        case .float64(let elements): elements.count
        case .uint32(let elements): elements.count
        case .int8(let elements): elements.count
        case .uint8(let elements): elements.count
        }
    }

    package var byteCount: Int { elementCount * elementType.byteCount }

    /// The elements, or `nil` where they are of another type.
    package var float32: [Float]? {
        guard case .float32(let elements) = elements else { return nil }
        return elements
    }

    /// The elements, or `nil` where they are of another type.
    package var float64: [Double]? {
        guard case .float64(let elements) = elements else { return nil }
        return elements
    }

    /// How many elements a shape has, 1 for the shape of a single number.
    ///
    /// - Returns: `nil` where a dimension is negative or the product of them, taken from the left,
    ///   does not fit an `Int`.
    package static func elementCount(of shape: [Int]) -> Int? {
        var count = 1
        for dimension in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
            guard dimension >= 0, !overflow else { return nil }
            count = product
        }
        return count
    }
}

// The format of the bytes below is little-endian, and so is every platform that Swift runs on.
#if _endian(big)
    #error("Tensor copies its elements without swapping their bytes")
#endif

extension Tensor {
    /// Copies the elements out of their little-endian form, wherever it is aligned.
    ///
    /// - Throws: ``TensorError/wrongElementCount(name:shape:elements:)`` where the bytes are not
    ///   just those of the shape.
    package init(
        name: String, elementType: ElementType, shape: [Int], bytes: UnsafeRawBufferPointer
    ) throws(TensorError) {
        let (count, rest) = bytes.count.quotientAndRemainder(dividingBy: elementType.byteCount)
        guard rest == 0, Self.elementCount(of: shape) == count else {
            throw .wrongElementCount(name: name, shape: shape, elements: count)
        }
        self.init(
            name: name, shape: shape, elements: Self.elements(count, elementType, from: bytes))
    }

    /// The tensor that a header has checked, out of the bytes that it says.
    init(_ entry: SafetensorsHeader.Entry, bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count == entry.bytes.count, "these are not the bytes of \(entry.name)")
        let count = bytes.count / entry.elementType.byteCount
        self.init(
            name: entry.name, shape: entry.shape,
            elements: Self.elements(count, entry.elementType, from: bytes))
    }

    private static func elements(
        _ count: Int, _ elementType: ElementType, from bytes: UnsafeRawBufferPointer
    ) -> Elements {
        switch elementType {
        case .float32: .float32(copied(count, from: bytes))
        case .float64: .float64(copied(count, from: bytes))
        case .uint32: .uint32(copied(count, from: bytes))
        case .int8: .int8(copied(count, from: bytes))
        case .uint8: .uint8(copied(count, from: bytes))
        }
    }

    private static func copied<Element: BitwiseCopyable>(
        _ count: Int, from bytes: UnsafeRawBufferPointer
    ) -> [Element] {
        [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
            initialized = count
        }
    }

    /// Lends the elements in their little-endian form.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        switch elements {
        case .float32(let elements): elements.withUnsafeBytes(body)
        case .float64(let elements): elements.withUnsafeBytes(body)
        case .uint32(let elements): elements.withUnsafeBytes(body)
        case .int8(let elements): elements.withUnsafeBytes(body)
        case .uint8(let elements): elements.withUnsafeBytes(body)
        }
    }
}

extension Tensor: Hashable {
    package static func == (left: Tensor, right: Tensor) -> Bool {
        left.name.utf8.elementsEqual(right.name.utf8)
            && left.elementType == right.elementType && left.shape == right.shape
            && left.withBytes { left in right.withBytes { left.elementsEqual($0) } }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(elementType)
        hasher.combine(shape)
        withBytes { hasher.combine(bytes: $0) }
    }
}
