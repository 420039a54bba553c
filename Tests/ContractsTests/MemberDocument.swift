import ContractFiles
import ContractLanguage
import Contracts
import Encodings
import Testing

/// Documents that members of the lab have written themselves.
enum MemberDocument {
    static func published(_ yaml: String) throws -> ContractDocument {
        try ContractFile(text: yaml, name: "document.yaml").published(prose: [])
    }

    static func digest(of yaml: String) throws -> BlobDigest {
        PublishDocument.digest(of: try published(yaml))
    }

    /// A deposit that a borrower makes, and of which the lender may keep a part.
    static let deposit = """
        contract: deposit
        version: 1
        title: A deposit
        parties: {lender: member, borrower: member}
        offer: [lender]
        terms: {deposit: money, fee: money}
        stages: [offered, lent, returned]
        final: [returned]
        actions:
          accept:
            by: borrower
            from: offered
            pay:
              - {from: borrower, to: lender, amount: terms.fee}
              - {from: borrower, to: escrow, amount: terms.deposit}
            to: lent
          hand-back:
            by: lender
            from: lent
            input: {kept: money}
            require:
              - {cel: "input.kept <= terms.deposit", says: no more is kept than was deposited}
            pay:
              - {from: escrow, to: lender, amount: input.kept}
              - {from: escrow, to: borrower, amount: rest}
            emit: {event: returned, data: {kept: input.kept}}
            to: returned
        """

    /// A licence with rules that the library's has not: rounds on weekdays only, and at most two a day.
    static let weekdays = """
        contract: weekday-licence
        version: 1
        title: Training on weekdays
        clauses:
          "1": {title: Weekdays, enforced: machine}
          "2": {title: Two a day, enforced: machine}
        parties: {licensor: member, licensee: member}
        terms: {dataset: dataset, fee: money, bonus: money}
        state: {day: int(0..1000000), today: int(0..2)}
        stages: [offered, agreed, ended]
        final: [ended]
        actions:
          agree:
            by: counterparty
            from: offered
            to: agreed
          train:
            by: lab
            from: agreed
            require:
              - cel: "now.getDayOfWeek() >= 1 && now.getDayOfWeek() <= 5"
                clause: "1"
                says: {en: nobody watches the machines at weekends, zh: 周末无人看管机器}
              - cel: "int(now) / 86400 != state.day || state.today < 2"
                clause: "2"
                says: {en: two rounds a day are enough, zh: 每天最多两轮}
            effects:
              day: "int(now) / 86400"
              today: "int(now) / 86400 == state.day ? state.today + 1 : 1"
            pay:
              - {from: licensee, to: licensor, amount: terms.fee}
              - {from: licensor, to: licensee, amount: terms.bonus}
          end:
            by: [licensor, licensee]
            from: agreed
            to: ended
        """
}

extension TestLab {
    mutating func publish(_ yaml: String, by sender: String = "ada") throws {
        try apply(PublishDocument(document: try MemberDocument.published(yaml)), by: sender)
    }

    /// An agreed licence of `bo` for `cy` under ``MemberDocument/weekdays``.
    mutating func agreeOnWeekdays(
        fee: Int64 = 10, bonus: Int64 = 0, in currency: CurrencyCode = currency
    ) throws {
        try publish(MemberDocument.weekdays, by: "bo")
        try apply(
            OfferContract(
                contract: try ContractID("w-bo"),
                document: try MemberDocument.digest(of: MemberDocument.weekdays),
                parties: ["licensor": "bo", "licensee": "cy"],
                terms: ["dataset": "d-bo", "fee": .integer(fee), "bonus": .integer(bonus)],
                currency: currency), by: "bo")
        try apply(TakeContractAction(contract: try ContractID("w-bo"), action: "agree"), by: "cy")
    }
}
