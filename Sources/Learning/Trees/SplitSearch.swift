/// The best split of a node, out of the merged sums over its bins.
///
/// With G and H the sums of first and second derivatives, a leaf's best value is −G / (H + λ), and a
/// split gains ½ [G_L² / (H_L + λ) + G_R² / (H_R + λ) − G² / (H + λ)] − γ: Chen and Guestrin,
/// *XGBoost: A Scalable Tree Boosting System*, KDD 2016, equations 5 and 7. Missing values go to
/// both sides in turn (Algorithm 3).
///
/// Of equal gains the first wins, in the order of inputs, bins, and missing values to the left
/// before the right; so everybody who has the sums finds the same split.
struct SplitSearch {
    struct Sums {
        var gradient = 0.0
        var hessian = 0.0
        var count = 0.0

        static func + (left: Sums, right: Sums) -> Sums {
            Sums(
                gradient: left.gradient + right.gradient, hessian: left.hessian + right.hessian,
                count: left.count + right.count)
        }

        static func - (left: Sums, right: Sums) -> Sums {
            Sums(
                gradient: left.gradient - right.gradient, hessian: left.hessian - right.hessian,
                count: left.count - right.count)
        }
    }

    struct Found {
        let split: DecisionTree.Split
        let left: Sums
        let right: Sums
        let gain: Double
    }

    let settings: TreeSettings
    let offsets: [UInt32]

    /// The sums over all of a node's rows: those of any input's slots.
    func total(_ sums: TreeSums, node: Int) -> Sums {
        (0..<Int(offsets[1])).reduce(Sums()) { $0 + slot(sums, node, $1) }
    }

    /// What a leaf with these rows adds to a score.
    func value(of sums: Sums) -> Double {
        let weight = sums.hessian + settings.lambda
        return weight > 0 ? -settings.learningRate * sums.gradient / weight : 0
    }

    /// - Returns: `nil` where no split gains anything or leaves enough on both sides.
    func best(_ sums: TreeSums, node: Int) -> Found? {
        let total = total(sums, node: node)
        var best: Found?
        for input in 0..<offsets.count - 1 {
            let (first, missingSlot) = (Int(offsets[input]), Int(offsets[input + 1]) - 1)
            let missing = slot(sums, node, missingSlot)
            var present = Sums()
            // Behind the last bin there are the missing values, if any.
            for place in first..<missingSlot - (missing.count > 0 ? 0 : 1) {
                present = present + slot(sums, node, place)
                // Without missing values both directions are the same split.
                for goesLeft in missing.count > 0 ? [true, false] : [true] {
                    let left = goesLeft ? present + missing : present
                    let right = total - left
                    guard isEnough(left), isEnough(right) else { continue }
                    let gain = (score(left) + score(right) - score(total)) / 2 - settings.gamma
                    guard gain > best?.gain ?? 0 else { continue }
                    best = Found(
                        split: .init(input: input, bin: place - first, missingGoesLeft: goesLeft),
                        left: left, right: right, gain: gain)
                }
            }
        }
        return best
    }

    /// Whether a node with these rows could be divided into two that are large enough.
    func canSplit(_ sums: Sums) -> Bool {
        sums.count >= 2 * Double(settings.childRowsMin)
            && sums.hessian >= 2 * settings.childWeightMin
    }

    private func isEnough(_ sums: Sums) -> Bool {
        sums.count >= Double(settings.childRowsMin) && sums.hessian >= settings.childWeightMin
    }

    private func score(_ sums: Sums) -> Double {
        let weight = sums.hessian + settings.lambda
        return weight > 0 ? sums.gradient * sums.gradient / weight : 0
    }

    private func slot(_ sums: TreeSums, _ node: Int, _ slot: Int) -> Sums {
        let place = node * sums.slotCount + slot
        return Sums(
            gradient: sums.gradients[place], hessian: sums.hessians[place],
            count: sums.counts[place])
    }
}
