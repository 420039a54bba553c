import ArgumentParser

/// The program: every command of the command line, and the daemons.
@main
struct Jointlab: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "jointlab",
        abstract: "A joint laboratory for institutions that do not trust one another.",
        discussion: """
            Institutions train models together on data that never leaves its owner, under licences \
            that each owner's own node enforces, with every step on a ledger that all members \
            re-execute and cosign and that an auditor checks offline.

            See it run on this machine:  jointlab quickstart
            Join or run a real lab:      README.md and Documentation/operating.md

            Exit codes: 0 done · 1 refused or not verified · 3 node halted · 4 node not in touch · \
            64 wrong usage · 69 no connection · 74 input or output failed · 78 wrong configuration.
            """,
        version: version,
        groupedSubcommands: [
            .init(name: "See it", subcommands: [QuickstartCommand.self]),
            .init(
                name: "Run a lab",
                subcommands: [CoordinatorCommands.self, NodeCommands.self, LabCommands.self]),
            .init(
                name: "Take part",
                subcommands: [
                    MemberCommands.self, ProposalCommands.self, DatasetCommands.self,
                    RelayCommands.self, DeviceCommands.self,
                    LicenceCommands.self, MarketCommands.self, TrainerCommands.self,
                    JobCommands.self,
                    ModelCommands.self, AccountCommands.self,
                ]),
            .init(
                name: "Check",
                subcommands: [
                    LedgerCommands.self, AuditCommands.self, ContractCommands.self,
                    PolicyCommands.self,
                ]),
        ])
}
