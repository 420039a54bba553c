import Bundles
import Encodings

/// Why a trainer gave no result.
///
/// ``code`` is for programs and never changes. ``description`` is for the data's owner, and may hold
/// what the trainer wrote; ``plain`` is for the job's owner, and holds nothing that the trainer could
/// have written from data.
package enum SandboxFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// A limit of ``TrainerLimits``.
    package enum Limit: String, CaseIterable, Hashable, Sendable {
        case cpuSeconds = "cpu"
        case memoryBytes = "memory"
        case wallSeconds = "wall"
        case processes = "processes"
        case scratchFiles = "scratch_files"
        case outputBytes = "output"
        case logBytes = "log"
        /// What the model that comes in may measure.
        case inputBytes = "input"
    }

    /// This machine makes no sandboxes.
    case unavailable(String)
    /// Python, a package, the bundle or data that the trainer needs is not there.
    case environment(String)
    case limit(Limit, allowed: Int)
    /// The program ended by itself; with the end of what it printed.
    case exit(code: Int32, log: String)
    case signal(Int32, log: String)
    /// It does not speak the worker's protocol.
    case protocolError(String)
    /// The trainer raised an exception, of this class.
    case trainer(kind: String, message: String)
    case update(UpdateProblem)
    /// The node stopped it.
    case stopped

    package var code: String {
        switch self {
        case .unavailable: "sandbox.unavailable"
        case .environment: "sandbox.environment"
        case .limit(let limit, _): "sandbox.\(limit.rawValue)"
        case .exit: "sandbox.exit"
        case .signal: "sandbox.signal"
        case .protocolError: "sandbox.protocol"
        case .trainer: "trainer.exception"
        case .update(let problem): "update.\(problem.code)"
        case .stopped: "sandbox.stopped"
        }
    }

    package var description: String {
        switch self {
        case .unavailable(let reason), .environment(let reason): reason
        case .limit(let limit, let allowed): Self.sentence(limit, allowed)
        case .exit(let code, let log):
            "the trainer's program ended with exit code \(code)" + Self.quoted(log)
        case .signal(let signal, let log):
            "the trainer's program was ended by signal \(signal)" + Self.quoted(log)
        case .protocolError(let problem): "the trainer broke the worker's protocol: \(problem)"
        case .trainer(let kind, let message): "the trainer raised \(kind): \(message)"
        case .update(let problem): problem.description
        case .stopped: "the node stopped the trainer"
        }
    }

    package var plain: String {
        switch self {
        case .unavailable: "the node runs no trainer bundles; its log says why"
        case .environment: "the node lacks what the trainer needs; its log says what"
        case .limit, .stopped: description
        case .exit(let code, _): "the trainer's program ended with exit code \(code)"
        case .signal(let signal, _): "the trainer's program was ended by signal \(signal)"
        case .protocolError: "the trainer broke the worker's protocol; the node's log says how"
        case .trainer: "the trainer raised an exception; the node's log has its text"
        case .update(let problem): problem.plain
        }
    }

    private static func sentence(_ limit: Limit, _ allowed: Int) -> String {
        switch limit {
        case .cpuSeconds: "the trainer used more than \(allowed) s of processor time"
        case .memoryBytes: "the trainer used more than \(allowed) bytes of memory"
        case .wallSeconds: "the trainer gave no result within \(allowed) s"
        case .processes: "the trainer had more than \(allowed) processes and threads"
        case .scratchFiles: "the trainer made more than \(allowed) files"
        case .outputBytes: "the trainer's result has more than the \(allowed) bytes that may leave"
        case .logBytes: "the trainer printed more than \(allowed) bytes"
        case .inputBytes:
            "the model has more than the \(allowed) bytes that the worker was made for"
        }
    }

    private static func quoted(_ log: String) -> String {
        log.isEmpty ? "" : "; it printed at its end: \(log.visible)"
    }
}

/// What is wrong with tensors that a trainer returned.
package enum UpdateProblem: Hashable, Sendable, CustomStringConvertible {
    case nothing
    case missing(tensor: String)
    case unexpected(tensor: String)
    case wrongShape(tensor: String, found: [Int], expected: [Int])
    case wrongType(tensor: String, found: String, expected: String)
    case notFinite(tensor: String)
    case wrongMetric(String)
    case wrongWeight
    case malformed(String)

    var code: String {
        switch self {
        case .nothing: "nothing"
        case .missing: "missing_tensor"
        case .unexpected: "unexpected_tensor"
        case .wrongShape: "wrong_shape"
        case .wrongType: "wrong_type"
        case .notFinite: "not_finite"
        case .wrongMetric: "wrong_metric"
        case .wrongWeight: "wrong_weight"
        case .malformed: "malformed"
        }
    }

    package var description: String {
        switch self {
        case .nothing: "the trainer returned nothing"
        case .missing(let tensor): "the update lacks the tensor \(shown(tensor))"
        case .unexpected(let tensor):
            "the update has a tensor \(shown(tensor)), which the model does not have"
        case .wrongShape(let tensor, let found, let expected):
            "the update's tensor \(shown(tensor)) has the shape \(found), and the model's "
                + "\(expected)"
        case .wrongType(let tensor, let found, let expected):
            "the update's tensor \(shown(tensor)) has elements of \(shown(found)), and the model's "
                + "of \(expected)"
        case .notFinite(let tensor):
            "the update's tensor \(shown(tensor)) has elements that are no finite numbers; the "
                + "training diverged"
        case .wrongMetric(let problem): "a metric is refused: \(problem)"
        case .wrongWeight: "the number of examples should be from 0 to 2^53"
        case .malformed(let problem): "the update is malformed: \(problem)"
        }
    }

    /// Without names, which the trainer could choose.
    var plain: String {
        switch self {
        case .nothing: "the trainer returned nothing"
        case .missing, .unexpected: "the update has not the model's tensors"
        case .wrongShape: "the update has a tensor of another shape than the model's"
        case .wrongType: "the update has a tensor of another element type than the model's"
        case .notFinite: "the update has elements that are no finite numbers"
        case .wrongMetric: "the trainer returned a metric that is not allowed"
        case .wrongWeight: description
        case .malformed: "the update is malformed"
        }
    }

    private func shown(_ name: String) -> String { "“\(name.prefix(80))”".onOneLine }
}
