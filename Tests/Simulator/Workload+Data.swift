import ContractLanguage
import ContractLibrary
import Contracts
import Encodings

/// Datasets and licences.
extension Workload {
    func registerDataset(_ state: LabState) -> Request? {
        let owners = active(state, .dataOwner).filter { node in
            node.datasets.contains { state.datasets[$0] == nil }
        }
        guard let node = schedule.pick(owners), let dataset = node.datasets.first else {
            return nil
        }
        return request(
            RegisterDataset(
                dataset: dataset, title: "Records", schema: ["columns": []], rows: 100,
                commitment: BlobDigest(sha256: [UInt8](repeating: 7, count: 32))),
            by: node)
    }

    func retireDataset(_ state: LabState) -> Request? {
        guard let dataset = schedule.pick(state.datasets.all.filter { $0.status == .registered })
        else { return nil }
        return request(RetireDataset(dataset: dataset.id), by: present(dataset.owner))
    }

    /// Who trains on others' data: two of them, so that licences come together.
    func researchers(_ state: LabState) -> [SimulatedNode] {
        Array(active(state, .researcher).prefix(2))
    }

    func present(_ id: MemberID) -> SimulatedNode? {
        lab.node(id).flatMap { $0.keys.isRotating ? nil : $0 }
    }

    /// What licences are made of: a currency, and the library's document.
    func prepare(_ state: LabState) throws -> Request? {
        guard let currency = Self.currency else { return nil }
        guard state.accounts.currencies[currency] != nil else { return issue(state) }
        let document = try LibraryDocument.datasetLicence.published()
        guard state.agreements[document: PublishDocument.digest(of: document)] == nil else {
            return nil
        }
        return request(
            PublishDocument(document: document), by: schedule.pick(active(state)))
    }

    func offer(_ state: LabState) throws -> Request? {
        guard let user = schedule.pick(researchers(state)), let currency = Self.currency else {
            return nil
        }
        guard state.accounts.currencies[currency] != nil else { return nil }
        let standing = Set(
            state.licences.filter { licence in
                licence.licensee == user.id && ["active", "offered"].contains(licence.stage)
                    && licence.terms.map { $0.expires > lab.coordinator.now } == true
            }.map(\.dataset))
        let wanted = state.datasets.all.filter {
            $0.owner != user.id && (!standing.contains($0.id) || schedule.chance(0.1))
        }
        guard let dataset = schedule.pick(wanted) else { return nil }
        let isFree = schedule.chance(0.3)
        var terms = LicenceTerms(
            dataset: dataset.id, licensee: user.id,
            purposes: schedule.chance(0.9) ? ["research"] : ["profit"],
            roundsMax: Int64(schedule.pick(schedule.chance(0.12) ? 1...4 : 5...30)),
            feePerRound: Money(isFree ? 0 : Int64(schedule.pick(1...30)), currency),
            expires: lab.coordinator.now.advanced(
                byMilliseconds: Int64(
                    schedule.pick(schedule.chance(0.12) ? 1_500...8_000 : 15_000...200_000))))
        terms.isTransferable = schedule.chance(0.8)
        terms.isFreelyTransferable = terms.isTransferable && schedule.chance(0.6)
        terms.resalePermille = Int64(schedule.pick(0...300))
        terms.beneficiaries = [dataset.owner: 1]
        return request(
            try terms.offer(newName("l"), licensor: dataset.owner),
            by: schedule.chance(0.5) ? present(dataset.owner) : user)
    }

    func answer(_ state: LabState, _ action: (LicenceID) -> TakeContractAction) -> Request? {
        guard let licence = schedule.pick(state.licences.filter { $0.stage == "offered" })
        else { return nil }
        let isLicensors = licence.contract.instance.offeredBy == licence.licensor.text
        let other = isLicensors ? licence.licensee : licence.licensor
        return request(action(licence.id), by: present(other))
    }

    /// Mostly takes back a licence that a running job depends on.
    func withdraw(_ state: LabState) -> Request? {
        let used = state.jobs.running.compactMap { state.jobs[$0] }.flatMap(\.participants)
            .map(\.licence)
        let active = state.licences.filter { $0.stage == "active" }
        let inUse = active.filter { used.contains($0.id) }
        guard
            let licence = schedule.pick(inUse.isEmpty || schedule.chance(0.2) ? active : inUse)
        else { return nil }
        return request(
            TakeContractAction.withdraw(licence.id, reason: "changed our mind"),
            by: present(licence.licensor))
    }

    /// Notes that a licence has run out, mostly when it has.
    func lapse(_ state: LabState) -> Request? {
        let left = state.licences.filter { licence in
            !licence.contract.hasEnded
                && (licence.terms.map { $0.expires <= lab.coordinator.now } == true
                    || schedule.chance(0.02))
        }
        guard let licence = schedule.pick(left) else { return nil }
        return request(
            TakeContractAction(contract: licence.id, action: "lapse"),
            by: schedule.pick(active(state)))
    }
}
