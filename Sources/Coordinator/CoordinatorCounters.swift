import Contracts
import Ledger
import Transport

/// What a coordinator counts while it runs.
struct CoordinatorCounters {
    private var applied: [String: Int] = [:]
    private var refused: [String: Int] = [:]
    var batches = 0
    var batchSeconds = 0.0
    var certificates = 0
    var tasks = 0
    var contributions = 0
    var declines = 0
    var sumsAhead = 0

    mutating func count(_ receipt: Receipt) {
        applied[receipt.action, default: 0] += 1
    }

    mutating func count(_ refusal: Refusal) {
        refused[refusal.code.rawValue, default: 0] += 1
    }

    func metrics(
        size: UInt64, finality: Finality, followers: Int, quorum: Quorum
    ) -> [Metric] {
        [
            Metric(
                "jointlab_ledger_entries", .gauge, help: "Entries by ledger stage.",
                [
                    .init(size, labels: ["stage": "sequenced"]),
                    .init(finality.certifiedSize, labels: ["stage": "certified"]),
                    .init(finality.finalSize, labels: ["stage": "final"]),
                ]),
            Metric(
                "jointlab_transactions_applied_total", .counter,
                help: "Transactions put on the ledger, by action.",
                applied.sorted { $0.key < $1.key }.map {
                    .init($0.value, labels: ["action": $0.key])
                }),
            Metric(
                "jointlab_transactions_refused_total", .counter,
                help: "Transactions refused, by code.",
                refused.sorted { $0.key < $1.key }.map { .init($0.value, labels: ["code": $0.key]) }
            ),
            Metric("jointlab_batches_total", .counter, help: "Batches made durable.", batches),
            Metric(
                "jointlab_batch_write_seconds_total", .counter,
                help: "Time spent waiting for the store.", [.init(seconds: batchSeconds)]),
            Metric(
                "jointlab_certificates_total", .counter, help: "Checkpoints that got their quorum.",
                certificates),
            Metric("jointlab_nodes_connected", .gauge, help: "Nodes in touch.", followers),
            Metric(
                "jointlab_quorum_needed", .gauge, help: "Cosignatures that a checkpoint needs.",
                quorum.needed),
            Metric(
                "jointlab_training_tasks_total", .counter, help: "Tasks sent to nodes.", tasks),
            Metric(
                "jointlab_contributions_total", .counter, help: "Contributions taken in.",
                contributions),
            Metric(
                "jointlab_rounds_summed_ahead_total", .counter,
                help: "Rounds whose updates were added up while they arrived.", sumsAhead),
            Metric(
                "jointlab_declines_total", .counter, help: "Tasks that nodes declined.", declines),
        ]
    }
}
