/// The example of `Documentation/contracts.md`, for tests to spoil.
enum Lending {
    static let text = """
        contract: lending
        version: 1
        title: {en: Lending a machine, zh: 出借机器}
        prose: {en: lending-en.md, zh: lending-zh.md}
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
        examples:
          - given: {stage: lent, state: {extensions: 3}}
            when: extend
            then: {refused: "2"}
          - given: {stage: lent, terms: {deposit: 500}, escrow: 500, now: "2026-01-01T00:00:00Z"}
            when: hand-back
            then: {stage: returned, paid: {borrower: 500}}

        """

    /// The document with parts replaced.
    static func with(_ replacements: (String, String)...) -> String {
        replacements.reduce(text) { text, replacement in
            precondition(text.contains(replacement.0), "no “\(replacement.0)” in the example")
            return text.replacing(replacement.0, with: replacement.1, maxReplacements: 1)
        }
    }
}
