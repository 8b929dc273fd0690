// One step of Newton's method where the Hessian may be indefinite.
#pragma once

#include <span>
#include <vector>

namespace labelaudit {

// |H|^-1 g of a symmetric matrix H (row-major) and g (n,): H's eigenvalues by their size, none below `smallest`.
// By Cholesky's factors where no eigenvalue is below it, else by Jacobi's rotations (Golub and Van Loan 2013, 8.5).
std::vector<double> newton_step(std::span<const double> hessian, std::span<const double> gradient, double smallest);

}  // namespace labelaudit
