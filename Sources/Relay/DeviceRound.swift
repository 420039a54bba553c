/// One round at a relay: events in, commands out.
///
/// It holds no socket, task, clock or file. An update is folded into the sum as it arrives and then
/// forgotten, so that a round takes memory for one model and one word for each device. The result
/// depends on which devices are in it and not on their order.
///
/// A relay that restarts within a round asks its devices again: what they had sent is in no file. The
/// round upstream waits, or goes on without the relay.
package struct DeviceRound: Sendable {
    /// What its owner has laid down, and the model.
    package struct Limits: Hashable, Sendable {
        /// With fewer there is no contribution, so that nobody learns what few devices hold.
        package let devicesMin: Int
        /// With so many the round closes at once.
        package let devicesEnough: Int
        /// How many devices a round gets to know, gone ones too.
        package let devicesMax: Int
        /// For how many rows one device may stand.
        package let deviceWeightMax: Int64
        /// For how many rows all may stand: those that the dataset is registered with.
        package let weightMax: Int64
        package let timeoutMilliseconds: Int64

        /// - Throws: ``RelayMistake``.
        package init(
            devicesMin: Int, devicesEnough: Int, devicesMax: Int, deviceWeightMax: Int64,
            weightMax: Int64, timeoutMilliseconds: Int64
        ) throws(RelayMistake) {
            guard 1 <= devicesMin, devicesMin <= devicesEnough, devicesEnough <= devicesMax else {
                throw .limits("1 <= devicesMin <= devicesEnough <= devicesMax")
            }
            guard 1 <= deviceWeightMax, deviceWeightMax <= weightMax,
                weightMax <= ExactSum.weightMax
            else { throw .limits("1 <= deviceWeightMax <= weightMax <= 2^40") }
            guard timeoutMilliseconds >= 1 else { throw .limits("timeoutMilliseconds >= 1") }
            self.devicesMin = devicesMin
            self.devicesEnough = devicesEnough
            self.devicesMax = devicesMax
            self.deviceWeightMax = deviceWeightMax
            self.weightMax = weightMax
            self.timeoutMilliseconds = timeoutMilliseconds
        }
    }

    /// What a device has sent, with its file read.
    package struct Contribution: Hashable, Sendable {
        package let answer: DeviceAnswer
        /// On how many rows it was made.
        package let weight: Int64
        /// In millionths, by name.
        package let metricsMicro: [String: Int64]

        package init(answer: DeviceAnswer, weight: Int64, metricsMicro: [String: Int64]) {
            self.answer = answer
            self.weight = weight
            self.metricsMicro = metricsMicro
        }
    }

    package enum Event: Sendable {
        /// A device asks for work, for the first time or again.
        case joined(DeviceID)
        case contributed(DeviceID, Contribution)
        /// It has declined for now, or its connection is gone; it may come back.
        case left(DeviceID)
        /// It cannot do this task, now or later.
        case unable(DeviceID)
        /// What it has sent could not be read, or is against what it is enrolled for.
        case faulty(DeviceID, DeviceFault)
        case timedOut
    }

    package enum Command: Hashable, Sendable {
        case sendTask(to: DeviceID)
        case accepted(DeviceID)
        case refuse(DeviceID, DeviceFault)
        case close(DeviceMean)
        case giveUp(reason: String)
    }

    private enum Standing: Sendable {
        case asked
        case gone
        /// For the rest of the round: it would decline again, and other rounds wait for it.
        case unable
        case contributed
        /// For the rest of the round: what one device can make the relay do is bounded.
        case refused
    }

    package let limits: Limits
    package private(set) var isOver = false
    private var standings: [DeviceID: Standing] = [:]
    private var sum: DeviceFold
    private var metrics = MetricMeans()

    /// - Parameter kind: What its devices are asked for.
    package init(_ kind: DeviceAnswer.Kind, limits: Limits) {
        self.limits = limits
        sum = DeviceFold(kind)
    }

    /// How many devices are in the sum.
    package var contributed: Int { sum.count }
    /// How many devices it has got to know.
    package var known: Int { standings.count }

    package mutating func handle(_ event: Event) -> [Command] {
        switch event {
        case .joined(let device): join(device)
        case .contributed(let device, let contribution): take(contribution, of: device)
        case .left(let device): leave(device, for: .gone)
        case .unable(let device): leave(device, for: .unable)
        case .faulty(let device, let fault):
            // One that was not asked hears that, and learns nothing of its file.
            if let other = standingFault(of: device) {
                [.refuse(device, other)]
            } else {
                refuse(device, fault)
            }
        case .timedOut: isOver ? [] : finish()
        }
    }

    private mutating func join(_ device: DeviceID) -> [Command] {
        if let fault = joiningFault(of: device) { return [.refuse(device, fault)] }
        standings[device] = .asked
        return [.sendTask(to: device)]
    }

    /// Why a device is not asked (any more).
    package func joiningFault(of device: DeviceID) -> DeviceFault? {
        guard !isOver else { return .roundOver }
        return switch standings[device] {
        case .asked, .gone: nil
        case .contributed, .refused, .unable: .twice
        case nil:
            standings.count < limits.devicesMax
                ? nil : .roundFull(devicesMax: limits.devicesMax)
        }
    }

    private mutating func leave(_ device: DeviceID, for standing: Standing) -> [Command] {
        guard !isOver, standings[device] == .asked else { return [] }
        standings[device] = standing
        return []
    }

    private mutating func take(
        _ contribution: Contribution, of device: DeviceID
    ) -> [Command] {
        if let fault = standingFault(of: device) { return [.refuse(device, fault)] }
        let left = min(limits.deviceWeightMax, limits.weightMax - sum.weight)
        guard contribution.weight <= left else {
            return refuse(device, .weightExceeded(contribution.weight, left: left))
        }
        do throws(DeviceFault) {
            try MetricMeans.check(
                contribution.metricsMicro,
                rowsMax: min(limits.deviceWeightMax, limits.weightMax - metrics.judgedRows))
            try sum.add(contribution.answer, weight: contribution.weight)
        } catch {
            return refuse(device, error)
        }
        metrics.add(contribution.metricsMicro, weight: contribution.weight)
        standings[device] = .contributed
        let isFull = sum.count == limits.devicesEnough || sum.weight == limits.weightMax
        return [.accepted(device)] + (isFull ? finish() : [])
    }

    /// Why a device may not hand anything in. One that had left and finishes all the same is welcome.
    package func standingFault(of device: DeviceID) -> DeviceFault? {
        guard !isOver else { return .roundOver }
        return switch standings[device] {
        case .asked, .gone, .unable: nil
        case .contributed, .refused: .twice
        case nil: .notAsked
        }
    }

    private mutating func refuse(_ device: DeviceID, _ fault: DeviceFault) -> [Command] {
        standings[device] = .refused
        return [.refuse(device, fault)]
    }

    private mutating func finish() -> [Command] {
        isOver = true
        guard sum.count >= limits.devicesMin, let answer = sum.result else {
            return [
                .giveUp(
                    reason: "\(sum.count) of \(standings.count) devices contributed, and "
                        + "\(limits.devicesMin) are needed")
            ]
        }
        return [
            .close(
                DeviceMean(
                    answer: answer, weight: sum.weight, devices: sum.count,
                    metricsMicro: metrics.metricsMicro))
        ]
    }
}

/// What came of a round at a relay: one answer, as if one participant had all its devices' rows.
package struct DeviceMean: Hashable, Sendable {
    /// Of updates Σ weight × update / Σ weight, of summaries that of all rows.
    package let answer: DeviceAnswer
    /// Σ weight.
    package let weight: Int64
    package let devices: Int
    /// In millionths: of each metric that is a mean over rows the mean over all of them, rounded
    /// down.
    package let metricsMicro: [String: Int64]

    package init(
        answer: DeviceAnswer, weight: Int64, devices: Int, metricsMicro: [String: Int64]
    ) {
        self.answer = answer
        self.weight = weight
        self.devices = devices
        self.metricsMicro = metricsMicro
    }
}
