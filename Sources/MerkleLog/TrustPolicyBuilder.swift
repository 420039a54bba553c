/// The rules of C2SP tlog-policy, one definition at a time, in the order of the file.
struct TrustPolicyBuilder {
    private var logs: [TrustPolicy.Log] = []
    private var witnesses: [TrustPolicy.Witness] = []
    private var groups: [TrustPolicy.Group] = []
    private var quorum: TrustPolicy.Quorum?

    private var keyring: NoteKeyring = .empty
    private var logKeys: Set<[UInt8]> = []
    private var witnessKeys: Set<[UInt8]> = []
    private var names: Set<PolicyWord> = []
    /// Which group each name belongs to.
    private var groupOfPart: [PolicyWord: PolicyWord] = [:]

    mutating func add(_ log: TrustPolicy.Log) throws(TrustPolicyError.Problem) {
        guard logs.count < TrustPolicy.countMax else { throw .tooMany("logs") }
        switch log.key.kind {
        case .ed25519, .cosignature: break
        case .unsupported(let type, _): throw .wrongKeyType(type, role: "log")
        }
        // The same key under another name or type would be the same log again.
        guard logKeys.insert(log.key.material).inserted else { throw .duplicateKey(log.key.name) }
        try addToKeyring(log.key)
        logs.append(log)
    }

    mutating func add(_ witness: TrustPolicy.Witness) throws(TrustPolicyError.Problem) {
        guard witnesses.count < TrustPolicy.countMax else { throw .tooMany("witnesses") }
        guard case .cosignature = witness.key.kind else {
            throw .wrongKeyType(witness.key.type, role: "witness")
        }
        guard witnessKeys.insert(witness.key.material).inserted else {
            throw .duplicateKey(witness.key.name)
        }
        try define(witness.name)
        try addToKeyring(witness.key)
        witnesses.append(witness)
    }

    mutating func add(_ group: TrustPolicy.Group) throws(TrustPolicyError.Problem) {
        guard groups.count < TrustPolicy.countMax else { throw .tooMany("groups") }
        guard !group.parts.isEmpty else { throw .emptyGroup(group.name) }
        guard 1...group.parts.count ~= group.partsMin else {
            throw .thresholdOutside(group.partsMin, parts: group.parts.count)
        }
        for part in group.parts {
            // Before the group's own name is defined, so that it cannot hold itself.
            guard part != .reserved else { throw .reservedName }
            guard names.contains(part) else { throw .unknownName(part) }
            if let other = groupOfPart.updateValue(group.name, forKey: part) {
                throw .inTwoGroups(part, first: other)
            }
        }
        try define(group.name)
        groups.append(group)
    }

    mutating func set(_ quorum: TrustPolicy.Quorum) throws(TrustPolicyError.Problem) {
        guard self.quorum == nil else { throw .secondQuorum }
        if case .of(let name) = quorum {
            guard names.contains(name) else { throw .unknownName(name) }
        }
        self.quorum = quorum
    }

    func finish() throws(TrustPolicyError.Problem) -> TrustPolicy {
        guard let quorum else { throw .missingQuorum }
        return TrustPolicy(unchecked: logs, witnesses, groups, quorum, keyring)
    }

    private mutating func define(_ name: PolicyWord) throws(TrustPolicyError.Problem) {
        guard name != .reserved else { throw .reservedName }
        guard names.insert(name).inserted else { throw .duplicateName(name) }
    }

    private mutating func addToKeyring(
        _ key: NoteVerifierKey
    ) throws(TrustPolicyError.Problem) {
        // A name may have the control character 0x7F in a note, and not in a policy.
        guard PolicyWord(key.text) != nil else { throw .badKey(.badName) }
        do {
            try keyring.insert(key)
        } catch {
            throw .ambiguousKey(error)
        }
    }
}
