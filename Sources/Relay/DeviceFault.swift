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
    case wrongLoss(Int64)
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
        case .wrongLoss: "update.wrong_loss"
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
        case .wrongWeight(let weight): "the update stands for \(weight) rows; at least 1 is needed"
        case .weightExceeded(let weight, let left):
            "the update stands for \(weight) rows, and at most \(left) are allowed"
        case .wrongLength(let received, let expected):
            "the update has \(received) parameters, and the model \(expected)"
        case .notFinite(let parameter):
            "parameter \(parameter) of the update is not a finite number"
        case .tooLarge(let parameter):
            "parameter \(parameter) of the update is 2^22 or more in magnitude; the training "
                + "diverged"
        case .wrongLoss(let loss): "a loss of \(loss) millionths cannot be one"
        case .malformed(let problem): "the update cannot be read: \(problem)"
        }
    }
}
