import Encodings
import MerkleMap
import NaiveContracts

/// A lab's contracts and money kept a second time, by the naive interpreter and a dictionary of
/// balances, so that the rows that it would write can be held against those of the lab.
struct NaiveLab {
    private let currency: String
    /// By holder: a member's name, or `contract:` and a contract's.
    private var balances: [String: Int64] = [:]
    private var contracts: [String: (contract: NaiveContract, more: JSONObject)] = [:]

    init(currency: String, balances: [String: Int64]) {
        self.currency = currency
        self.balances = balances
    }

    /// - Parameter more: What the lab knows of the contract beside its instance.
    mutating func add(_ contract: NaiveContract, _ name: String, more: JSONObject) {
        contracts[name] = (contract, more)
    }

    func escrow(of name: String) -> Int64 { contracts[name]?.contract.escrow ?? 0 }

    /// Takes an action, and pays what it pays.
    ///
    /// - Returns: Whether it is applied.
    mutating func take(
        _ action: String, of name: String, by sender: String, input: JSONValue, now: Int128
    ) -> Bool {
        guard let known = contracts[name] else { return false }
        var balances = balances
        do throws(NaiveRefusal) {
            let outcome = try known.contract.take(action, by: sender, input: input, now: now)
            for payment in outcome.payments {
                let payer = payment.from.isEmpty ? "contract:\(name)" : payment.from
                let payee = payment.to.isEmpty ? "contract:\(name)" : payment.to
                // Nothing is moved to nobody, and nothing moves where it is.
                guard payment.to.isEmpty || TestPeople.names.contains(payment.to) else {
                    return false
                }
                if payment.amount == 0 || payer == payee { continue }
                guard balances[payer, default: 0] >= payment.amount else { return false }
                balances[payer, default: 0] -= payment.amount
                balances[payee, default: 0] += payment.amount
            }
            self.balances = balances
            contracts[name] = (outcome.contract, known.more)
            return true
        } catch {
            return false
        }
    }

    /// The root over the lab's rows, with those of contracts and accounts as they should be.
    func root(beside rows: [String: JSONValue]) -> MapHash {
        var all = rows.filter { !$0.key.hasPrefix("contract/") && !$0.key.hasPrefix("account/") }
        // The lab's own contract is none of those that are drawn.
        all["contract/constitution"] = rows["contract/constitution"]
        for (name, contract) in contracts {
            guard case .object(var object) = contract.contract.json else { continue }
            for member in contract.more.members { object[member.key] = member.value }
            all["contract/\(name)"] = .object(object)
        }
        for (holder, minorUnits) in balances where minorUnits != 0 {
            all["account/\(holder)/\(currency)"] = ["minorUnits": .integer(minorUnits)]
        }
        return Self.root(of: all)
    }

    /// The root of the authenticated state, as `Documentation/formats.md` says.
    static func root(of rows: [String: JSONValue]) -> MapHash {
        var map = AuthenticatedMap()
        map.update(
            rows.map { key, row in
                AuthenticatedMap.Change(
                    key: MapHash(sha256: key.utf8), value: MapHash(sha256: row.canonicalBytes))
            })
        return map.root
    }
}

/// Whom random documents speak of.
enum TestPeople {
    static let names = ["ada", "bob", "cyd", "zoe", "eve", "ed"]
}
