import ContractLanguage
package import Contracts
package import Encodings
import Federation
import HTTPTypes
import Hummingbird
import Ledger
import MerkleLog
import MerkleMap
import Transport

/// The routes that show a lab: the same on the coordinator, which has ordered the ledger, and on a
/// node, which has verified it.
package struct LabRoutes: Sendable {
    private let snapshot: @Sendable () async -> LabSnapshot

    package init(snapshot: @escaping @Sendable () async -> LabSnapshot) {
        self.snapshot = snapshot
    }

    package func add(to routes: inout APIRoutes) {
        routes.add(
            APIOperation(
                .get, "/v1/lab", tag: "lab",
                "The lab's card: names, rules, quorum, and how far the ledger is. Any signer may ask."
            )
        ) { _, _ in
            Response(Self.card(await snapshot()))
        }
        list("members", "Members, past and present", tag: "members", to: &routes) { snapshot in
            snapshot.state.members.all.map { member in
                member.json.adding(
                    "connected", snapshot.connected.map { .bool($0.contains(member.id)) })
            }
        }
        list("applications", "Applications for membership", tag: "members", to: &routes) {
            snapshot in
            snapshot.state.members.applications.sorted.map { id, row in
                row.json.adding("connected", snapshot.connected.map { .bool($0.contains(id)) })
            }
        }
        list("invitations", "Invitations", tag: "members", to: &routes) {
            $0.state.members.invitations.sorted.map { $1.json.adding("member", $0.json) }
        }
        list("proposals", "Proposals and their votes", tag: "members", to: &routes) {
            $0.state.members.allProposals.map(\.json)
        }
        list("datasets", "Registered datasets", tag: "data", to: &routes) {
            $0.state.datasets.all.map(\.json)
        }
        list("licences", "Licences and offers", tag: "data", to: &routes) {
            $0.state.licences.map(\.json)
        }
        list("contracts", "Contracts, of whatever document", tag: "contracts", to: &routes) {
            $0.state.agreements.all.map(\.json)
        }
        list(
            "market", "Offers of places in contracts and bids for them, past and present",
            tag: "contracts", to: &routes
        ) {
            $0.state.market.all.map(\.json)
        }
        list("documents", "Published contract documents", tag: "contracts", to: &routes) {
            $0.state.agreements.allDocuments.map(\.json)
        }
        routes.add(
            APIOperation(
                .get, "/v1/documents/{digest}", tag: "contracts",
                "A contract document with its source")
        ) { _, context in
            _ = try context.requireMemberOrApplicant()
            let text = try context.parameters.require("digest")
            guard let digest = BlobDigest(text),
                let document = await snapshot().state.agreements[document: digest]
            else { throw Problem.notFound("document \(text.prefix(80))") }
            return Response(document.fullJSON)
        }
        list("jobs", "Training jobs", tag: "jobs", to: &routes) {
            $0.state.jobs.all.map(\.json)
        }
        list("models", "Models", tag: "models", to: &routes) { snapshot in
            snapshot.state.models.all.map { model in
                let versions = snapshot.state.models.versions(of: model)
                return model.json.adding("versions", .array(versions.map(snapshot.view)))
            }
        }
        list("currencies", "Currencies", tag: "money", to: &routes) {
            $0.state.accounts.currencies.sorted.map(\.row.json)
        }
        list("accounts", "Accounts that are not empty", tag: "money", to: &routes) {
            let accounts = $0.state.accounts
            return accounts.all.map { account, minorUnits in
                let limit = accounts.limit(of: account)
                return [
                    "holder": .string(account.holder.description),
                    "currency": account.currency.json, "minorUnits": .integer(minorUnits),
                    "credit": limit.credit == 0 ? nil : .integer(limit.credit),
                    "paymentMax": limit.paymentMax.map { .integer($0) },
                ]
            }
        }
        list("holds", "Money held for a payee, past and present", tag: "money", to: &routes) {
            $0.state.accounts.holds.sorted.map(\.row.json)
        }
        routes.add(
            APIOperation(
                .get, "/v1/jobs/{job}", tag: "jobs",
                "A job and its rounds, with ledger stages, and how far the sites are")
        ) { _, context in
            let member = try context.requireMemberOrApplicant()
            return Response(try await job(context.parameters.require("job"), for: member))
        }
        routes.add(
            APIOperation(
                .get, "/v1/state", tag: "ledger",
                "A row of the authenticated state with its proof, or the proof of its absence",
                query: [.init("key", "For example `contract/l-1`")])
        ) { request, context in
            _ = try context.requireMemberOrApplicant()
            return Response(try await row(request.uri.queryParameters.require("key")))
        }
    }

    private func list(
        _ name: String, _ summary: String, tag: String, to routes: inout APIRoutes,
        _ items: @escaping @Sendable (LabSnapshot) -> [JSONValue]
    ) {
        routes.add(APIOperation(.get, "/v1/\(name)", tag: tag, summary)) { _, context in
            _ = try context.requireMemberOrApplicant()
            let snapshot = await snapshot()
            return Response(["items": .array(items(snapshot)), "ledger": snapshot.progress])
        }
    }

    package static func card(_ snapshot: LabSnapshot) -> JSONValue {
        let lab = snapshot.state.lab
        return [
            "lab": snapshot.state.id.json, "title": .string(lab.title),
            "origin": .string(lab.origin.description),
            "logVerifierKey": .string(lab.logVerifier.text), "coordinator": lab.coordinator.json,
            "address": lab.address.map { .string($0) }, "rules": lab.rules.json,
            "stage": snapshot.state.agreements[.constitution].map { .string($0.instance.stage) },
            "founded": lab.founded.json, "ledger": snapshot.progress,
            "quorums": snapshot.quorums,
            "members": .integer(
                Int64(snapshot.state.members.all.count { $0.status == .active })),
        ]
    }

    private func job(_ text: String, for member: MemberID) async throws -> JSONValue {
        let snapshot = await snapshot()
        guard let id = try? JobID(text), let job = snapshot.state.jobs[id] else {
            throw Problem.notFound("job \(text.prefix(80))")
        }
        let rounds = snapshot.state.jobs.rounds(of: job).map { round in
            round.json.adding("stage", snapshot.finality.stage(of: round.index).json)
        }
        return [
            "job": job.json, "result": job.result?.json, "rounds": .array(rounds),
            "sites": .array(
                job.participants.map { snapshot.site($0, of: job, for: member) }),
            "ledger": snapshot.progress,
        ]
    }

    private func row(_ key: String) async throws -> JSONValue {
        let replica = await snapshot().replica
        return [
            "key": .string(key), "row": replica.state.row(at: key) ?? .null,
            "proof": replica.stateProof(of: key).json,
            "stateRoot": .string(replica.stateRoot.base64),
            "size": .integer(Int64(clamping: replica.head.size)),
        ]
    }
}

extension LabSnapshot {
    /// How far a site of a job is. What it tells of itself is for the job's owner, and for the site.
    fileprivate func site(
        _ participant: Participant, of job: Job, for member: MemberID
    ) -> JSONValue {
        var site: JSONValue = [
            "member": participant.member.json,
            "connected": connected.map { .bool($0.contains(participant.member)) },
        ]
        guard member == job.owner || member == participant.member else { return site }
        if let held = holds[job.id]?[participant.member] {
            site = site.adding(
                "hold", held.hold.json.without("job").adding("since", held.since.json))
        }
        if let failed = failures[job.id]?[participant.member] {
            site = site.adding(
                "failure",
                failed.report.json.without("job").without("stage").adding("at", failed.at.json))
        }
        guard let told = sites[job.id]?[participant.member] else { return site }
        return site.adding("report", told.report.json).adding("reported", told.at.json)
    }

    /// A model version with what has become of the licences that it came from.
    package func view(_ version: ModelVersion) -> JSONValue {
        let withdrawn = version.lineage.filter {
            state.licence($0.licence)?.contract.hasEnded == true
        }
        return version.json.adding(
            "withdrawnLicences", .array(withdrawn.map { .string($0.licence.text) }))
    }
}

extension JSONValue {
    /// The same object with one member more, unless its value is `nil`.
    package func adding(_ key: String, _ value: JSONValue?) -> JSONValue {
        guard case .object(var object) = self, let value else { return self }
        object[key] = value
        return .object(object)
    }

    /// The same object without a member.
    package func without(_ key: String) -> JSONValue {
        guard case .object(var object) = self else { return self }
        object[key] = nil
        return .object(object)
    }
}
