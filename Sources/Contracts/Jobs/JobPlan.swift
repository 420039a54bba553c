package import Encodings

/// What the participants of a round are asked to do with their data.
package enum RoundTask: String, CaseIterable, Sendable {
    /// Counts, sums and squared deviations of the features, for standardisation.
    case statistics
    /// A pass of training that starts from the job's model.
    case train
    /// The metrics of the job's model on a holdout.
    case evaluate
}

/// The rounds that a job runs through, in order.
package struct JobPlan: Hashable, Sendable {
    package struct Step: Hashable, Sendable {
        package let task: RoundTask
        package let rounds: Int

        package init(task: RoundTask, rounds: Int) {
            self.task = task
            self.rounds = rounds
        }
    }

    package static let roundsMax = 100_000
    package let steps: [Step]

    package init(_ steps: [Step]) {
        self.steps = steps
    }

    package var rounds: Int { steps.reduce(0) { $0 + $1.rounds } }

    /// What comes after so many closed rounds, or `nil` at the end.
    package func task(afterClosed closed: Int) -> RoundTask? {
        var left = closed
        for step in steps {
            if left < step.rounds { return step.task }
            left -= step.rounds
        }
        return nil
    }

    /// How many of the first so many rounds are rounds of training.
    package func trained(afterClosed closed: Int) -> Int {
        var left = closed
        var trained = 0
        for step in steps where left > 0 {
            if step.task == .train { trained += min(left, step.rounds) }
            left -= step.rounds
        }
        return trained
    }

    /// How many rounds of the step that comes after so many rounds are still to come.
    package func leftOfStep(afterClosed closed: Int) -> Int {
        var left = closed
        for step in steps {
            if left < step.rounds { return step.rounds - left }
            left -= step.rounds
        }
        return 0
    }

    package var json: JSONValue {
        .array(
            steps.map {
                ["task": .string($0.task.rawValue), "rounds": .integer(Int64($0.rounds))]
            })
    }

    init(_ fields: inout JSONFields, _ key: String) throws(JSONShapeError) {
        var steps: [Step] = []
        for (position, value) in try fields.array(key).enumerated() {
            var step = try JSONFields(value, at: fields.path(to: "\(key)[\(position)]"))
            steps.append(
                Step(
                    task: try step.choice("task"),
                    rounds: Int(try step.integer("rounds", in: 1...Int64(Self.roundsMax)))))
            try step.finish()
        }
        guard (1...16).contains(steps.count),
            steps.reduce(0, { $0 + $1.rounds }) <= Self.roundsMax
        else {
            throw fields.wrong(
                key, "should have 1 to 16 steps of together at most \(Self.roundsMax) rounds")
        }
        self.steps = steps
    }
}
