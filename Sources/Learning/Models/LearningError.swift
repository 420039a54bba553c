import Encodings
import Tensors

/// Why a model cannot be trained, judged or read.
package enum LearningError: Error, Hashable, Sendable, CustomStringConvertible {
    case noTrainingRows
    case noHoldoutRows
    /// The model reads other features than the dataset has been loaded for.
    case otherLayout
    /// What the model predicts as positive is negative in the dataset.
    case otherLabel(model: String, dataset: String)
    /// The model predicts something else than what the dataset was loaded for.
    case otherTarget(model: String, dataset: String)
    case diverged(epoch: Int, learningRate: Double)
    /// OpenBLAS, which networks are computed with, cannot be loaded.
    case noMatrixProducts(problem: String)
    /// A number of a model or a prediction is NaN or infinite.
    case notFinite(String)
    /// Tensors that are not those of what is to be read.
    case wrongTensors(String)
    case wrongMetadata(String)
    case notSafetensors(String)
    case wrongValue(name: String, problem: String)

    package var description: String {
        switch self {
        case .noTrainingRows:
            "the dataset has no rows to train on; hold fewer of them out"
        case .noHoldoutRows:
            "the dataset has no rows to judge a model by; hold some of them out"
        case .otherLayout:
            "the model reads other features than this dataset was loaded for; load it with the "
                + "model's layout"
        case .otherLabel(let model, let dataset):
            "the model predicts where \(model), and in this dataset the positive class is where "
                + "\(dataset); register the dataset with the job's label"
        case .otherTarget(let model, let dataset):
            "the model predicts \(model), and this dataset was loaded for \(dataset); load it for "
                + "the model's target"
        case .diverged(let epoch, let learningRate):
            "training ran away in epoch \(epoch): the learning rate "
                + "\(JSONValue.number(learningRate).canonicalText) is too high for this data; try "
                + "a tenth of it"
        case .noMatrixProducts(let problem):
            "networks are computed with OpenBLAS, which cannot be loaded: \(problem); install it "
                + "(Debian's libopenblas0) and start again"
        case .notFinite(let what):
            "\(what) is not a finite number"
        case .wrongTensors(let problem), .wrongMetadata(let problem):
            "this is not a model that can be used: \(problem)"
        case .notSafetensors(let problem):
            "this is not a safetensors file: \(problem)"
        case .wrongValue(let name, let problem):
            "\(shown(name)): \(problem)"
        }
    }
}
