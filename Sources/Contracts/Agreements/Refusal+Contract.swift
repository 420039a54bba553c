import ContractLanguage
package import Policy

extension Refusal {
    /// A contract's refusal as the lab's.
    init(
        _ refusal: ContractRefusal, _ id: ContractID, under contract: CompiledContract,
        action: String
    ) {
        let kind = contract.isLicence ? "licence" : "contract"
        let code: Code =
            switch refusal.kind {
            case .rule: .contractRule
            case .party: .wrongSender
            case .stage: .wrongStage
            case .input: .wrongValue
            case .bounds: .contractBounds
            case .invariant: .contractInvariant
            case .obligation: .contractObligation
            case .payment: .contractPayment
            case .signature: .contractSignature
            case .token: .contractToken
            }
        self.init(
            code, rule: "\(kind) \(id), action \(action): \(refusal.rule)",
            saw: refusal.saw.map { Observation($0.name, $0.value) },
            clauses: refusal.clauses, says: refusal.says)
    }
}

extension Timestamp {
    /// As contracts see it.
    package var instant: Instant {
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1_000)
        // Every timestamp lies in the years 1970 to 9999.
        return Instant(seconds: seconds, nanoseconds: Int32(rest) * 1_000_000) ?? .epoch
    }

    /// A contract's time, to the millisecond.
    package init(_ instant: Instant) {
        self.init(
            milliseconds: instant.seconds * 1_000 + Int64(instant.nanoseconds / 1_000_000))
    }
}
