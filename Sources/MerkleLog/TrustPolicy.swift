/// Which logs are believed, and which witnesses must have cosigned a checkpoint: all that is
/// needed to check a checkpoint without asking anybody (C2SP tlog-policy).
///
/// A policy that exists is well formed: names are unique and defined before they are used, no key
/// serves two witnesses, and every quorum can be met.
package struct TrustPolicy: Hashable, Sendable {
    /// A log whose checkpoints are believed once the quorum has cosigned them.
    package struct Log: Hashable, Sendable {
        /// Its name is the log's origin.
        package let key: NoteVerifierKey
        package let url: PolicyWord?

        package init(key: NoteVerifierKey, url: PolicyWord? = nil) {
            self.key = key
            self.url = url
        }

        package var origin: LogOrigin { LogOrigin(key.name) }
    }

    /// Somebody who cosigns checkpoints, under a name that this policy gives.
    package struct Witness: Hashable, Sendable {
        package let name: PolicyWord
        package let key: NoteVerifierKey
        package let url: PolicyWord?

        package init(name: PolicyWord, key: NoteVerifierKey, url: PolicyWord? = nil) {
            self.name = name
            self.key = key
            self.url = url
        }
    }

    /// Some of these witnesses and groups together, as one.
    package struct Group: Hashable, Sendable {
        package let name: PolicyWord
        package let threshold: Threshold
        /// Its members: names of witnesses and of groups before this one, at least one.
        package let parts: [PolicyWord]

        package init(name: PolicyWord, threshold: Threshold, parts: [PolicyWord]) {
            self.name = name
            self.threshold = threshold
            self.parts = parts
        }

        /// How many of the parts must have witnessed.
        package var partsMin: Int {
            switch threshold {
            case .any: 1
            case .all: parts.count
            case .atLeast(let count): count
            }
        }
    }

    package enum Threshold: Hashable, Sendable {
        case any
        case all
        case atLeast(Int)
    }

    package enum Quorum: Hashable, Sendable {
        /// The log's own signature is enough.
        case noWitness
        /// The witness or group of this name.
        case of(PolicyWord)
    }

    /// The specification asks for 32 of each at least. With one signature each they fit a note.
    package static let countMax = 100
    package static let byteCountMax = 1 << 20

    package let logs: [Log]
    package let witnesses: [Witness]
    /// Each after those that it names.
    package let groups: [Group]
    package let quorum: Quorum
    /// The keys of all logs and witnesses.
    let keyring: NoteKeyring

    /// - Throws: ``TrustPolicyError`` without a line.
    package init(
        logs: [Log], witnesses: [Witness], groups: [Group], quorum: Quorum
    ) throws(TrustPolicyError) {
        var builder = TrustPolicyBuilder()
        do {
            for log in logs { try builder.add(log) }
            for witness in witnesses { try builder.add(witness) }
            for group in groups { try builder.add(group) }
            try builder.set(quorum)
            self = try builder.finish()
        } catch {
            throw TrustPolicyError(line: nil, problem: error)
        }
        guard text.count <= Self.byteCountMax else {
            throw TrustPolicyError(line: nil, problem: .tooLarge(text.count))
        }
    }

    /// - Precondition: The rules of ``TrustPolicyBuilder`` hold.
    init(
        unchecked logs: [Log], _ witnesses: [Witness], _ groups: [Group], _ quorum: Quorum,
        _ keyring: NoteKeyring
    ) {
        self.logs = logs
        self.witnesses = witnesses
        self.groups = groups
        self.quorum = quorum
        self.keyring = keyring
    }

    /// The policy file: logs, witnesses, groups and the quorum, without comments.
    package var text: [UInt8] {
        let lines: [[PolicyWord?]] =
            logs.map { [PolicyWord("log"), PolicyWord($0.key.text), $0.url] }
            + witnesses.map {
                [PolicyWord("witness"), $0.name, PolicyWord($0.key.text), $0.url]
            }
            + groups.map {
                [PolicyWord("group"), $0.name, PolicyWord($0.threshold.text)] + $0.parts
            }
            + [[PolicyWord("quorum"), quorum.name]]
        return lines.flatMap { words in
            words.compactMap { $0?.octets }.joined(separator: [UInt8(ascii: " ")])
                + [UInt8(ascii: "\n")]
        }
    }
}

extension TrustPolicy.Quorum {
    fileprivate var name: PolicyWord {
        switch self {
        case .noWitness: .reserved
        case .of(let name): name
        }
    }
}

extension TrustPolicy.Threshold {
    fileprivate var text: String {
        switch self {
        case .any: "any"
        case .all: "all"
        case .atLeast(let count): "\(count)"
        }
    }
}
