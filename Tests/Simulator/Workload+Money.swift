import Contracts
import Encodings

/// Money: issued, paid, held, split, and paid back.
extension Workload {
    func issue(_ state: LabState) -> Request? {
        guard let currency = Self.currency else { return nil }
        guard let row = state.accounts.currencies[currency] else {
            return request(
                RegisterCurrency(currency: currency, title: "Yuan", scale: 2),
                by: schedule.pick(active(state, .issuer)))
        }
        let to =
            schedule.chance(0.7)
            ? schedule.pick(researchers(state)) : schedule.pick(active(state))
        guard let to else { return nil }
        let amount = schedule.chance(0.02) ? Int64.max : Int64(schedule.pick(1...2_000))
        return request(
            IssueMoney(amount: Money(amount, currency), to: to.id), by: present(row.issuer))
    }

    func pay(_ state: LabState) -> Request? {
        guard let currency = Self.currency, state.accounts.currencies[currency] != nil,
            let to = schedule.pick(active(state))
        else { return nil }
        let amount = Money(Int64(schedule.pick(0...400)), currency)
        return request(
            TransferMoney(amount: amount, to: to.id), by: schedule.pick(active(state)))
    }

    private func amount(_ most: Int, _ state: LabState) -> Money? {
        guard let currency = Self.currency, state.accounts.currencies[currency] != nil else {
            return nil
        }
        return Money(Int64(schedule.pick(0...most)), currency)
    }

    func split(_ state: LabState) -> Request? {
        guard let amount = amount(300, state), let payer = schedule.pick(active(state)) else {
            return nil
        }
        let payees = active(state).filter { $0 !== payer || schedule.chance(0.03) }
        guard !payees.isEmpty else { return nil }
        return request(
            SplitPayment(
                amount: amount,
                shares: payees.map {
                    .init(to: $0.id, weight: Int64(schedule.pick(1...1_000)))
                }), by: payer)
    }

    func reverse(_ state: LabState) -> Request? {
        guard let transfer = schedule.pick(state.accounts.transfers.sorted.suffix(20).map(\.row))
        else { return nil }
        let issuer = state.accounts.currencies[transfer.amount.currency]?.issuer
        let sender = schedule.chance(0.6) ? transfer.to : issuer ?? transfer.from
        return request(
            ReverseTransfer(transfer: transfer.index, reason: "a mistake"),
            by: schedule.chance(0.9) ? present(sender) : schedule.pick(active(state)))
    }

    func redeem(_ state: LabState) -> Request? {
        guard let amount = amount(100, state) else { return nil }
        return request(RedeemMoney(amount: amount), by: schedule.pick(active(state)))
    }

    func hold(_ state: LabState) throws -> Request? {
        guard let amount = amount(200, state), let to = schedule.pick(active(state)) else {
            return nil
        }
        return request(
            PlaceHold(
                hold: schedule.chance(0.9) ? try newName("hold") : try HoldID("hold"),
                amount: amount, to: to.id,
                expires: lab.coordinator.now.advanced(
                    byMilliseconds: Int64(schedule.pick(500...20_000)))),
            by: schedule.pick(active(state)))
    }

    /// Mostly ends a hold as it should be ended, and sometimes too late, too early or twice.
    func settleHold(_ state: LabState) -> Request? {
        let holds = state.accounts.holds.sorted.map(\.row).filter {
            $0.status == .held || schedule.chance(0.02)
        }
        guard let hold = schedule.pick(holds) else { return nil }
        let isOver = lab.coordinator.now >= hold.expires
        if isOver || schedule.chance(0.25) {
            return request(
                ReleaseHold(hold: hold.id),
                by: present(schedule.chance(isOver ? 0.7 : 0.2) ? hold.payer : hold.payee))
        }
        let part = Money(
            Int64(schedule.pick(0...Int(hold.amount.minorUnits) + 1)), hold.amount.currency)
        return request(
            CaptureHold(hold: hold.id, amount: schedule.chance(0.5) ? nil : part),
            by: present(schedule.chance(0.95) ? hold.payee : hold.payer))
    }

    private func issuer(_ state: LabState) -> (currency: CurrencyCode, node: SimulatedNode?)? {
        guard let currency = Self.currency, let row = state.accounts.currencies[currency] else {
            return nil
        }
        return (currency, schedule.chance(0.9) ? present(row.issuer) : schedule.pick(active(state)))
    }

    func charge(_ state: LabState) -> Request? {
        guard let issuer = issuer(state), let to = schedule.pick(active(state)) else { return nil }
        let fee = TransferFee(
            flat: Int64(schedule.pick(0...2)), basisPoints: Int64(schedule.pick(0...500)),
            to: to.id)
        return request(
            SetTransferFee(currency: issuer.currency, fee: schedule.chance(0.3) ? nil : fee),
            by: issuer.node)
    }

    func grant(_ state: LabState) -> Request? {
        guard let issuer = issuer(state), let to = schedule.pick(active(state)) else { return nil }
        let limit = AccountLimit(
            credit: Int64(schedule.pick(0...300)),
            paymentMax: schedule.chance(0.3) ? Int64(schedule.pick(100...400)) : nil)
        return request(
            SetAccountLimit(holder: to.id, currency: issuer.currency, limit: limit),
            by: issuer.node)
    }
}
