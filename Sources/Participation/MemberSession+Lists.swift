package import Contracts
package import Encodings
import LabAPI
import Transport

extension MemberSession {
    /// One item of a list.
    ///
    /// - Throws: ``Mistake`` where there is none.
    package func item(_ path: String, where key: String, is value: String) async throws -> JSONValue
    {
        let items = try await get(path)["items"]?.array ?? []
        guard let item = items.first(where: { $0[key]?.string == value }) else {
            throw Mistake("there is no \(key) “\(value)” in this lab")
        }
        return item
    }
}

extension MemberSession {
    /// The decimal places of each currency.
    package func scales() async throws -> [String: Int] {
        let items = try await get("/v1/currencies")["items"]?.array ?? []
        var scales: [String: Int] = [:]
        for item in items {
            if let code = item["currency"]?.string, let scale = item["scale"]?.integer {
                scales[code] = Int(scale)
            }
        }
        return scales
    }

    /// - Throws: ``Mistake`` for a currency that nobody has registered.
    package func scale(of currency: CurrencyCode) async throws -> Int {
        guard let scale = try await scales()[currency.text] else {
            throw Mistake(
                "nobody has registered the currency \(currency); an issuer does so with "
                    + "`jointlab account register-currency`")
        }
        return scale
    }
}

extension MemberSession {
    /// A list of members or applicants as the member's own node has verified it; whose nodes are in
    /// touch only the coordinator can tell, and where that is away nobody does.
    package func presence(_ path: String) async throws -> JSONValue {
        let answer = try await get(path)
        guard let told = try? await coordinator.get(path)["items"]?.array,
            case .object(var object) = answer, let items = answer["items"]?.array
        else { return answer }
        func name(_ item: JSONValue) -> String? {
            item["member"]?.string ?? item["card"]?["member"]?.string
        }
        object["items"] = .array(
            items.map { item in
                let other = told.first { name($0) == name(item) }
                return item.adding("connected", other?["connected"])
            })
        return .object(object)
    }
}
