import ContractFiles
import ContractLanguage
import Testing

/// The document of `Documentation/contracts.md`, and what becomes of it when words in it are exchanged.
enum LendingDocument {
    static func contract(
        _ changes: [(String, String)] = [], sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> CompiledContract {
        try ContractFile(
            text: try text(changes, sourceLocation: sourceLocation), name: "lending.yaml"
        )
        .compiled()
    }

    static func text(
        _ changes: [(String, String)], sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        var text = yaml
        for (old, new) in changes {
            try #require(
                text.contains(old), "the document has no “\(old)”", sourceLocation: sourceLocation)
            text = text.replacing(old, with: new)
        }
        return text
    }

    static let yaml = """
        contract: lending
        version: 1
        title: {en: Lending a machine, zh: 出借机器}
        prose: {en: lending-en.md, zh: lending-zh.md}
        words:
          lender: {zh: 出借方}
          borrower: {zh: 借用方}
          deposit: {zh: 押金}
          lent: {zh: 已出借}
        clauses:
          "1": {title: {en: Deposit, zh: 押金}, enforced: machine}
          "2": {title: {en: Return, zh: 归还}, enforced: obligation}
          "3": {title: {en: Courtesy, zh: 礼貌}, enforced: none}
        parties:
          lender: member
          borrower: member
        terms:
          deposit: money
          until: timestamp
        state:
          extensions: int(0..3)
        stages: [offered, lent, returned, lost]
        final: [returned, lost]
        actions:
          accept:
            by: borrower
            from: offered
            require:
              - {cel: "now < terms.until", clause: "1", says: {en: the offer has expired, zh: 要约已过期}}
            pay: {from: borrower, to: escrow, amount: terms.deposit}
            open: return
            to: lent
          extend:
            by: lender
            from: lent
            require:
              - {cel: "state.extensions < 3", clause: "2", says: {en: three extensions are enough, zh: 最多延长三次}}
            effects: {extensions: "state.extensions + 1"}
          hand-back:
            by: lender
            from: lent
            fulfil: return
            pay: {from: escrow, to: borrower, amount: rest}
            emit: {event: returned, data: {extensions: state.extensions}}
            to: returned
          forfeit:
            from: lent
            pay: {from: escrow, to: lender, amount: rest}
            to: lost
        obligations:
          return: {by: borrower, within: "720h", clause: "2", else: forfeit, says: {en: bring the machine back, zh: 归还机器}}
        invariants:
          - "stage != 'lent' || escrow == terms.deposit"
        examples: []

        """
}
