import Contracts

extension OwnerRules {
    /// What the rules allow, for the people who answer for them.
    package var sentences: [String] {
        var sentences = node.sentences(zone: zone, isWholeNode: true)
        for (id, rules) in datasets.sorted(by: { $0.key < $1.key }) {
            let more = rules.sentences(zone: zone, isWholeNode: false)
            sentences += ["On \(id), besides:"] + more.map { "  \($0)" }
        }
        return sentences
    }
}

extension RuleSet {
    fileprivate func sentences(zone: OwnerZone, isWholeNode: Bool) -> [String] {
        var sentences: [String] = []
        func say(_ sentence: String?) {
            if let sentence { sentences.append(sentence) }
        }
        say(members.map { Self.list($0.map(\.text), "Jobs", of: "of") })
        say(purposes.map { Self.list(Array($0), "Jobs", of: "for the purpose") })
        say(trainers.map { Self.list(Array($0), "Trainers", of: "called") })
        say(rowsMin.map { "No task runs on fewer than \($0) rows." })
        say(hours.map { "Tasks begin \($0.sentence) (\(zone))." })
        say(dayRoundsMax.map { "At most \($0) rounds a day." })
        say(jobRoundsMax.map { "At most \($0) rounds of a job." })
        say(limits.updateBytes.map { "An update that leaves has at most \($0) bytes." })
        say(limits.jobBytes.map { "For a job, at most \($0) bytes leave in all." })
        say(limits.cpuSeconds.map { "A call of a bundle gets at most \($0) s of processor time." })
        say(limits.wallSeconds.map { "A call of a bundle gets at most \($0) s." })
        say(limits.memoryBytes.map { "A bundle gets at most \($0) bytes of memory." })
        switch approve ?? (isWholeNode ? .newBundles : nil) {
        case .everyJob:
            say("Each job waits for your approval (`jointlab node pending`), its bundle, too.")
        case .newBundles:
            say("Built-in trainers run; a bundle waits for `jointlab trainer approve`.")
        case .never: say("Nothing waits for your approval: bundles run as jobs name them.")
        case nil: break
        }
        return sentences.isEmpty ? ["Nothing more is asked."] : sentences
    }

    private static func list(_ names: [String], _ what: String, of: String) -> String {
        names.isEmpty
            ? "No \(what.lowercased()) at all: the list is empty."
            : "\(what) \(of) \(names.sorted().joined(separator: ", ")), and no others."
    }
}

extension OpeningHours {
    fileprivate var sentence: String {
        guard !windows.isEmpty else { return "never: no hours are named" }
        return windows.map { window in
            let days =
                window.days.count == 7
                ? "every day"
                : window.days.sorted().map { Self.dayNames[$0] }.joined(separator: " ")
            let next = window.to < window.from ? " of the next day" : ""
            return "\(days) from \(OwnerZone.clock(window.from)) to "
                + OwnerZone.clock(window.to) + next
        }.joined(separator: ", or ")
    }
}
