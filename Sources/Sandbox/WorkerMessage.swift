import Bundles
package import Encodings
package import Memory

/// What a worker is asked to do.
package enum WorkerTask: String, CaseIterable, Hashable, Sendable {
    /// Make the weights that training starts from; touches no data.
    case initial
    case fit
    case evaluate
    case predict
}

/// An order to a worker.
package struct WorkerCall: Sendable {
    package let task: WorkerTask
    /// The model as a safetensors file; none for `initial`.
    package let base: FileBytes?
    /// What the job says of the training, passed on as it stands.
    package let config: JSONValue
    /// From 0 to 2^53 − 1, so that any JSON reader keeps it.
    package let seed: UInt64
    /// Where the data lies in the sandbox; none for `initial`.
    package let data: String?

    package init(
        _ task: WorkerTask, base: FileBytes?, config: JSONValue, seed: UInt64, data: String?
    ) {
        self.task = task
        self.base = base
        self.config = config
        self.seed = seed
        self.data = data
    }

    /// A call with a model that is in memory.
    package init(
        _ task: WorkerTask, base: [UInt8], config: JSONValue, seed: UInt64, data: String?
    ) {
        self.init(task, base: FileBytes(base), config: config, seed: seed, data: data)
    }

    func json(number: Int64) -> JSONValue {
        [
            "type": .string(task.rawValue), "call": .integer(number),
            "baseBytes": base.map { .integer(Int64($0.count)) }, "config": config,
            "seed": .integer(Int64(seed & 0x1F_FFFF_FFFF_FFFF)), "data": data.map { .string($0) },
        ]
    }
}

/// What a worker returned, checked.
package struct WorkerResult: Sendable {
    /// A canonical safetensors file: the update of a `fit` (trained minus base, the base's tensors
    /// and no others), the weights of `initial`, the tensor `predictions` of a `predict`.
    package let tensors: ReturnedTensors?
    /// How many examples it stands for.
    package let weight: Int64
    /// By name; finite.
    package let metrics: [String: Double]
    package let cpuSeconds: Double

    /// What leaves the sandbox: tensors, weight and metrics.
    package var outputBytes: Int {
        (tensors?.byteCount ?? 0) + 8 + metrics.reduce(0) { $0 + $1.key.utf8.count + 8 }
    }
}

/// What a worker tells while it works; the owner may read it, and none of it leaves the node.
package enum WorkerEvent: Hashable, Sendable {
    /// From 0 to 1.
    case progress(Double, String)
    /// A line that the trainer printed, cut at ``lineBytesMax``.
    case log(String)

    package static let lineBytesMax = 2_000
}

/// A message from a worker.
enum WorkerReply {
    case hello(package: String, python: String)
    case progress(call: Int64, fraction: Double, text: String)
    case result(call: Int64, Outcome)
    case failure(call: Int64?, kind: String, message: String)

    struct Outcome {
        let byteCount: Int?
        let weight: Int64
        let metrics: [String: Double]
    }

    static let protocolVersion: Int64 = 2
    private static let metricsMax = 64
    private static let textBytesMax = 4_000

    /// - Throws: ``SandboxFailure``: `protocolError` or `update`.
    init(_ message: JSONValue) throws(SandboxFailure) {
        do throws(JSONShapeError) {
            self = try Self.reading(message)
        } catch {
            if error.path.hasPrefix("metrics") {
                throw .update(.wrongMetric("\(error)".onOneLine))
            }
            if error.path == "examples" { throw .update(.wrongWeight) }
            throw .protocolError("\(error)".onOneLine)
        }
    }

    private static func reading(_ message: JSONValue) throws(JSONShapeError) -> WorkerReply {
        var fields = try JSONFields(message)
        let type = try fields.string("type")
        let reply: WorkerReply
        switch type {
        case "hello":
            _ = try fields.integer("protocol", in: protocolVersion...protocolVersion)
            reply = .hello(
                package: try fields.string("package"), python: try fields.string("python"))
        case "progress":
            guard let fraction = try fields.required("fraction").double, (0...1).contains(fraction)
            else { throw fields.wrong("fraction", "should be from 0 to 1") }
            reply = .progress(
                call: try fields.integer("call"), fraction: fraction,
                text: cut(try fields.string("text")))
        case "failure":
            reply = .failure(
                call: try fields.optionalInteger("call"), kind: cut(try fields.string("kind")),
                message: cut(try fields.string("message")))
        case "result":
            let call = try fields.integer("call")
            let byteCount = try fields.optionalInteger("bytes", in: 0...Int64.max)
            let weight = try fields.integer("examples", in: 0...(1 << 53))
            reply = .result(
                call: call,
                Outcome(
                    byteCount: byteCount.map { Int($0) }, weight: weight,
                    metrics: try metrics(fields.required("metrics"))))
        default:
            throw fields.wrong("type", "is no type of message")
        }
        try fields.finish()
        return reply
    }

    private static func metrics(_ value: JSONValue) throws(JSONShapeError) -> [String: Double] {
        guard let members = value.object?.members, members.count <= metricsMax else {
            throw JSONShapeError(
                path: "metrics", problem: "should be an object of at most \(metricsMax) numbers")
        }
        var metrics: [String: Double] = [:]
        for member in members {
            // A free name would carry what it likes out of the sandbox.
            guard (1...64).contains(member.key.utf8.count),
                member.key.utf8.allSatisfy({ isNameByte($0) })
            else {
                throw JSONShapeError(
                    path: "metrics", problem: "has a name other than 1 to 64 of A–Z a–z 0–9 . _ -")
            }
            guard let number = member.value.double, number.isFinite else {
                throw JSONShapeError(
                    path: "metrics.\(member.key)", problem: "should be a finite number")
            }
            metrics[member.key] = number
        }
        return metrics
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private static func cut(_ text: String) -> String {
        String(decoding: text.utf8.prefix(textBytesMax), as: UTF8.self)
    }
}
