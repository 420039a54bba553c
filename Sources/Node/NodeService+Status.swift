import Contracts
import Federation
package import Identity
package import LabAPI
import Ledger
package import Transport

extension NodeService {
    package var snapshot: LabSnapshot {
        let follower = machine.follower
        return LabSnapshot(
            replica: follower.replica, finality: follower.replica.finality,
            checkpoint: follower.verified, certificate: follower.certificate, connected: nil)
    }

    package func status() async -> NodeStatus {
        let trainerFailures = await runner.bundles.failures
        let datasetProblems = await runner.watch.problems
        let datasets = await datasetsAtHand().usable
        let (rules, rulesFile) = await desk.rules()
        let (requests, leftOut) = await requests() ?? ([], [])
        let follower = machine.follower
        let sets = follower.replica.state.cosigners.newest
        return NodeStatus(
            member: machine.member, lab: lab.lab, coordinator: client.baseURL,
            isConnected: isConnected, size: follower.size, coordinatorSize: coordinatorSize,
            finality: follower.replica.finality, cosignedSize: follower.cosignedSize,
            isCosigner: sets.contains { $0.keys[machine.member] != nil },
            quorums: sets.map(\.quorum), halted: follower.halted, alarms: alarms.raised,
            datasets: datasets.sorted(), datasetProblems: datasetProblems,
            unreadable: unreadable,
            trainerFailures: trainerFailures, relay: await relay?.relay.status,
            rules: rules, rulesFile: rulesFile, requests: requests, leftOut: leftOut,
            declined: declines.declined)
    }

    /// Only the node's own member may ask it anything.
    package func caller(_ key: PublicKey) -> Caller {
        let card = try? home.card()
        return card?.keys.signing == key ? .member(machine.member) : .stranger(key)
    }

    var metrics: [Metric] {
        let follower = machine.follower
        return counters.metrics(
            size: follower.size, finality: follower.replica.finality,
            coordinatorSize: coordinatorSize, cosigned: follower.cosignedSize,
            isConnected: isConnected, isHalted: follower.halted != nil, alarms: alarms.raised.count)
    }
}
