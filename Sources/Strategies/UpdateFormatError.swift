import Encodings
package import Tensors

/// Why a file is not an update of the form that the job asks for, or cannot be made one.
package enum UpdateFormatError: Error, Hashable, Sendable, CustomStringConvertible {
    case file(SafetensorsError)
    /// Two tensors of a model have the same name.
    case duplicateName(String)
    /// A tensor of a model has a name that an update has for something else.
    case reservedName(String)
    case tooLarge(tensor: String)
    case missing(tensor: String)
    case superfluous(tensor: String)
    case wrongForm(tensor: String, found: String, expected: String)
    case wrongContents(tensor: String, problem: String)
    case wrongMetadata(key: String, found: String?, expected: String?)
    /// What a client wants to send.
    case notFinite(parameter: Int)
    case wrongLength(found: Int, expected: Int)

    package var description: String {
        switch self {
        case .file(let error): "\(error)"
        case .duplicateName(let name): "the model has two tensors \(shown(name))"
        case .reservedName(let name):
            "the model has a tensor \(shown(name)), a name that updates have for something else"
        case .tooLarge(let tensor):
            "with the tensor \(shown(tensor)) the model has more parameters than the 2^32 - 1 that "
                + "an update can have"
        case .missing(let tensor): "the update lacks the tensor \(shown(tensor))"
        case .superfluous(let tensor):
            "the update has a tensor \(shown(tensor)) that does not belong into it"
        case .wrongForm(let tensor, let found, let expected):
            "the tensor \(shown(tensor)) of the update is \(found), and should be \(expected)"
        case .wrongContents(let tensor, let problem):
            "the tensor \(shown(tensor)) of the update \(problem)"
        case .wrongMetadata(let key, let found, let expected):
            "the update's metadata has \(found.map(shown) ?? "nothing") under \(key), and should "
                + "have \(expected.map(shown) ?? "nothing")"
        case .notFinite(let parameter):
            "parameter \(parameter) of the update is not a finite number; the training diverged"
        case .wrongLength(let found, let expected):
            "the update has \(found) parameters, and the model \(expected)"
        }
    }

    private func shown(_ text: String) -> String { JSONValue.string(text).canonicalText }
}
