package import Encodings

/// Why bytes are not a safetensors file, or tensors cannot be put into one.
package enum SafetensorsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file ends within the eight bytes that say how long its JSON text is.
    case noPrefix(byteCount: Int)
    case headerTooLong(byteCount: UInt64, max: Int)
    /// The file ends within its JSON text.
    case headerCutOff(byteCount: Int, found: Int)
    case noObject
    case wrongPadding
    case notJSON(JSONSyntaxError)
    case wrongField(JSONShapeError)
    case unsupportedType(tensor: String, type: String)
    case tooLarge(tensor: String, shape: [Int])
    case wrongByteCount(tensor: String, begin: Int, end: Int, expected: Int)
    case hole(tensor: String, begin: Int, expected: Int)
    case overlap(tensor: String, begin: Int, expected: Int)
    case wrongDataByteCount(found: Int, expected: Int)
    case duplicateName(String)
    case reservedName
    /// Elements were asked for that the file does not have.
    case outOfBounds(first: Int, wanted: Int, count: Int)

    package var description: String {
        switch self {
        case .noPrefix(let byteCount):
            "a safetensors file begins with the length of its header, 8 bytes, and this one has "
                + "\(byteCount) bytes in all"
        case .headerTooLong(let byteCount, let max):
            "the header should be \(byteCount) bytes long, more than the \(max) that are allowed; "
                + "this may not be a safetensors file"
        case .headerCutOff(let byteCount, let found):
            "the header should be \(byteCount) bytes long, and only \(found) bytes follow; the "
                + "file is cut off, or not a safetensors file"
        case .noObject:
            "the header should begin with {; this may not be a safetensors file"
        case .wrongPadding:
            "the header should end with }, and only spaces may follow it"
        case .notJSON(let error):
            "the header is not JSON: \(error)"
        case .wrongField(let error):
            "the header is not that of a safetensors file: \(error)"
        case .unsupportedType(let tensor, let type):
            "the tensor \(quoted(tensor)) has the type \(quoted(type)), and only "
                + Tensor.ElementType.allCases.map(\.rawValue).joined(separator: ", ")
                + " can be read; convert it first"
        case .tooLarge(let tensor, let shape):
            "the tensor \(quoted(tensor)) of the shape \(shape) is too large to be addressed"
        case .wrongByteCount(let tensor, let begin, let end, let expected):
            "the data of the tensor \(quoted(tensor)) lies from \(begin) to \(end), and its type "
                + "and shape need \(expected) bytes"
        case .hole(let tensor, let begin, let expected):
            "the data of the tensor \(quoted(tensor)) begins at \(begin), and the data before it "
                + "ends at \(expected); there may be no hole between them"
        case .overlap(let tensor, let begin, let expected):
            "the data of the tensor \(quoted(tensor)) begins at \(begin), before the end of "
                + "another's at \(expected)"
        case .wrongDataByteCount(let found, let expected):
            found < expected
                ? "the tensors need \(expected) bytes of data, and the file has \(found); it is "
                    + "cut off"
                : "the tensors need \(expected) bytes of data, and \(found - expected) more follow"
        case .duplicateName(let name):
            "two tensors have the name \(quoted(name))"
        case .reservedName:
            "a tensor may not have the name \"__metadata__\""
        case .outOfBounds(let first, let wanted, let count):
            "\(wanted) elements from \(first) on were asked for, and there are \(count)"
        }
    }
}

/// A name from a file as it can be shown in one line.
func quoted(_ name: String) -> String {
    let text = JSONValue.string(name).canonicalText
    return text.count <= 80 ? text : "\(text.prefix(76))…\""
}
