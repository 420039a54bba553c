/// What can be said against a device, or what it has sent. It is refused as a whole, and its round
/// goes on without it.
package enum DeviceFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// It was not asked, or not in this round.
    case notAsked
    case twice
    case roundOver
    case roundFull(devicesMax: Int)
    case wrongWeight(Int64)
    /// More than one device, or all of them together, may stand for.
    case weightExceeded(Int64, left: Int64)
    case wrongLength(received: Int, expected: Int)
    case notFinite(parameter: Int)
    case tooLarge(parameter: Int)
    case wrongMetric(String, Int64)
    /// The file cannot be read as an update of the job.
    case malformed(String)

    /// What programs branch on; never renamed.
    package var code: String {
        switch self {
        case .notAsked: "device.not_asked"
        case .twice: "device.twice"
        case .roundOver: "device.round_over"
        case .roundFull: "device.round_full"
        case .wrongWeight: "update.wrong_weight"
        case .weightExceeded: "update.weight_exceeded"
        case .wrongLength: "update.wrong_length"
        case .notFinite: "update.not_finite"
        case .tooLarge: "update.too_large"
        case .wrongMetric: "update.wrong_metric"
        case .malformed: "update.malformed"
        }
    }

    package var description: String {
        switch self {
        case .notAsked: "the device has no task in this round; it joins first"
        case .twice: "the device has contributed to this round, and each does once"
        case .roundOver: "the round is over"
        case .roundFull(let devicesMax):
            "the round has the \(devicesMax) devices that it takes at most; the next one may have "
                + "place"
        case .wrongWeight(let weight): "the answer stands for \(weight) rows; at least 1 is needed"
        case .weightExceeded(let weight, let left):
            "the answer stands for \(weight) rows, and at most \(left) are allowed"
        case .wrongLength(let received, let expected):
            "the answer has \(received) parameters or columns, and \(expected) are expected"
        case .notFinite(let parameter):
            "parameter or column \(parameter) of the answer is not a finite number"
        case .tooLarge(let parameter):
            "number \(parameter) of the answer is too large to be added to others'; those of an "
                + "update are below 2^22, unless the training diverged"
        case .wrongMetric(let name, let value):
            "\(name) cannot be \(value); metrics are in millionths, from 0 to 2^53"
        case .malformed(let problem): "the answer cannot be read: \(problem)"
        }
    }
}
